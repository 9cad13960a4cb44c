"""Details that stand folded on a page, and are drawn when somebody opens them."""

from collections.abc import Callable

import streamlit as st


def details(label: str, draw: Callable[[], None], *, key: str, icon: str | None = None) -> None:
    """What ``draw`` draws, under a line to open; whether it is open stands in the link.

    Args:
        key: ``open_`` and what it is: its name in the link.
    """
    part = st.expander(label, key=key, icon=icon, bind="query-params")
    if part.open:
        with part:
            draw()
