"""The table of models against attacks: it fits its place, sorts itself, and tells which row was pressed."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ancra.web.assemble import script, style

_ACCURACIES = st.components.v2.component(
    "ancra.accuracies",
    html='<div class="accuracies"></div>\n',
    css=style("accuracies"),
    js=script("accuracies"),
)


def accuracies(payload: dict[str, Any], *, on_press: Callable[[str], None], key: str) -> None:
    """Draw it; ``on_press`` is told the name of a row that is pressed.

    Args:
        payload: {"columns": [{"key", "title", "help", "kind": "extra" | "", "lit"}], "rows": [{"name", "title",
            "cells": {key: {"text", "value", "interval"}}, "verdict": {"text", "kind", "sign"}}], "verdictLit",
            "chosen": a name}. Extra columns are folded where there is no room.
    """

    def press() -> None:
        if name := st.session_state[key].get("pressed"):
            on_press(name)

    _ACCURACIES(data=payload, key=key, on_pressed_change=press)
