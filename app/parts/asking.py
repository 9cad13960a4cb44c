"""Questions in a dialog: they stand until they are answered or closed, whatever else makes the page run anew."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

STANDING = "question"
"""Where the question that stands is kept: its name, and what it is about."""


def ask(name: str, *about: Any) -> None:
    """Have a question stand from here on; ``stand`` opens it."""
    st.session_state[STANDING] = (name, *about)


def question(title: str, icon: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As ``st.dialog``, for a function that ``stand`` opens."""
    return st.dialog(title, icon=icon, on_dismiss=forget)


def stand(questions: Mapping[str, Callable[..., None]]) -> None:
    """Open the question that stands, with what it is about; one that is not among a page's own is dropped.

    To be called in every run of the page: a dialog that a run does not open is closed.
    """
    name, *about = st.session_state.get(STANDING, (None,))
    if name in questions:
        questions[name](*about)
    else:
        forget()


def answered() -> None:
    """Close the question, and have the page run anew."""
    forget()
    st.rerun()


def forget() -> None:
    """No question stands any more."""
    st.session_state.pop(STANDING, None)
