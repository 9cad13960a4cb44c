"""A figure on a page: drawn in the page's colours, or as it was drawn before where its facts are the same."""

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from ancra.web.palette import Palette
from app import state
from app.drawn import figure

# The bar holds nothing but what ``as_seen`` presses, and a rule of the page keeps it out of sight.
CONFIG = {"displayModeBar": True, "modeBarButtons": [["toImage"]], "displaylogo": False, "toImageButtonOptions": {}}
Draw = Callable[[Palette], go.Figure]


def chart(
    draw: Draw,
    *,
    key: str,
    alt: str,
    on_point: Callable[[], None] | None = None,
) -> None:
    """Show a figure.

    Args:
        draw: a partial of a function of ``app.figures`` that lacks the colours alone.
        alt: what it shows, for those who hear the page.
        on_point: called when a point is pressed, which is then in ``st.session_state[key].selection``.
    """
    shown = figure(draw, state.look())
    if on_point is None:
        st.plotly_chart(shown, key=key, config=CONFIG, alt=alt)
    else:
        st.plotly_chart(shown, key=key, config=CONFIG, alt=alt, selection_mode="points", on_select=on_point)
