"""Sweeps of one's own: what goes on, a new one, and the grid of runs of one that was started."""

import streamlit as st

from app.access import may_change
from app.answers import sweeps as answers
from app.guard import guard
from app.parts.sweeps import grid, start

POLL = 2.0  # seconds between two looks at a sweep that goes on


def going_on() -> None:
    """A line for every sweep that is being carried out; the page follows when one ends."""
    names = answers.active()
    if names:
        st.fragment(guard()(_lines), run_every=POLL)(names)


def work(usual: str) -> None:
    """A new sweep beside the ones that were started.

    Args:
        usual: the named sweep that the form begins with.
    """
    if not may_change():
        return
    st.header("Sweeps of your own", anchor=False)
    left, right = st.columns([2, 3], gap="large")
    with left:
        start.form(usual)
    with right:
        grid.watch()


def _lines(names: list[str]) -> None:
    if answers.active() != names:
        answers.forget()
        st.rerun(scope="app")
    for name in names:
        view = answers.view(name)
        st.progress(
            view.finished / max(len(view.states), 1), text=f"{answers.title_of(view.plan)}: {grid.so_far(view)}"
        )
