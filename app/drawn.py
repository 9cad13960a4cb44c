"""What was drawn before: a figure or a picture whose facts did not change is not drawn again, for any session."""

import hashlib
import json
import pickle
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import plotly.graph_objects as go
import plotly.io
import streamlit as st
from plotly.basedatatypes import BaseFigure

from ancra.web.palette import Palette
from app.memory import Kept

KEPT = 64 * 2**20  # bytes of drawings in memory
What = ParamSpec("What")
Drawing = TypeVar("Drawing")


class Drawn(BaseFigure):
    """A figure that was built and validated before, as Streamlit takes it: read from its JSON, not built again.

    Attributes:
        spec: its JSON.
    """

    def __init__(self, spec: str) -> None:
        self._spec = spec

    @property
    def spec(self) -> str:
        """Its JSON."""
        return self._spec

    def to_dict(self) -> Any:
        """Its data and layout."""
        return json.loads(self._spec)


def drawn(make: Callable[What, Drawing], *facts: What.args, **named: What.kwargs) -> Drawing:
    """What ``make`` gives for these facts, or gave for facts of the same content.

    Nobody may change it afterwards.

    Args:
        make: a function of a module, or a partial of one, that depends on what it is given alone.
    """
    # The content, not the object: what is read again from the disk, or made anew, is the same drawing.
    key = hashlib.blake2b(pickle.dumps((make, facts, named), protocol=5), digest_size=16).digest()
    found = _kept().get(key)
    if found is None:
        found = make(*facts, **named)
        _kept().put(key, found)
    return found


def figure(draw: Callable[[Palette], go.Figure], colours: Palette) -> Drawn:
    """A figure in these colours, for ``st.plotly_chart``; only its JSON is kept."""
    return Drawn(drawn(_spec, draw, colours))


def _spec(draw: Callable[[Palette], go.Figure], colours: Palette) -> str:
    return str(plotly.io.to_json(draw(colours), validate=False))


@st.cache_resource(show_spinner=False)
def _kept() -> Kept:
    return Kept(KEPT)
