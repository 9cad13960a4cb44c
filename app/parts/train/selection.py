"""Which runs are looked at: up to six, each with a colour of its own as long as it stays; kept in the URL."""

from collections.abc import Collection

import streamlit as st

from ancra.web.palette import Palette
from app import state
from app.figures.learning import RUN_COLOURS

MOST = len(RUN_COLOURS[False])
"""More lines than this cannot be told apart."""
_KEY = "shown_runs"
_PARAMETER = "runs"


def slots(known: Collection[str]) -> list[str]:
    """The chosen runs, each at the place that gives its colour; an empty text at a place that is free.

    Args:
        known: the names of all runs, the newest first; on arrival without a choice the newest is chosen.
    """
    if _KEY not in st.session_state:
        given = st.query_params.get(_PARAMETER)
        st.session_state[_KEY] = list(known)[:1] if given is None else given.split(",")[:MOST]
    held = [name if name in known else "" for name in st.session_state[_KEY]]
    _keep(held)
    return st.session_state[_KEY]


def choose(name: str, wanted: bool = True) -> None:
    """Put a run among the chosen ones, in place of the first when there is no room, or take it away."""
    held = list(st.session_state.get(_KEY, []))
    if wanted and name not in held:
        place = held.index("") if "" in held else len(held) % MOST
        held[place : place + 1] = [name]
    elif not wanted and name in held:
        held[held.index(name)] = ""
    _keep(held)


def only(name: str) -> None:
    """Look at this run alone."""
    _keep([name])


def colour(name: str, palette: Palette) -> str:
    """The colour of a chosen run."""
    return RUN_COLOURS[palette.dark][st.session_state[_KEY].index(name)]


def _keep(held: list[str]) -> None:
    while held and not held[-1]:
        held.pop()
    st.session_state[_KEY] = held
    state.put_into_link(_PARAMETER, ",".join(held))
