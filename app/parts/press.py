"""Buttons whose press is not lost when another run of the page cuts in before the button is drawn."""

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

LASTS = 10.0
"""Seconds in which a press has to reach what it begins: later it would come as a surprise."""


def pressed(
    label: str, *, key: str, on_click: Callable[..., None] | None = None, args: tuple[Any, ...] = (), **how: Any
) -> bool:
    """As ``st.button``: whether it was pressed. Streamlit tells that one run alone, which may end before it gets here.

    Args:
        on_click: called with ``args`` before that run. how: what else ``st.button`` takes.
    """
    held = f"press/{key}"
    st.button(label, key=key, on_click=_keep, args=(held, on_click, args), **how)
    return time.monotonic() - st.session_state.pop(held, -LASTS) < LASTS


def _keep(held: str, on_click: Callable[..., None] | None, args: tuple[Any, ...]) -> None:
    st.session_state[held] = time.monotonic()
    if on_click is not None:
        on_click(*args)
