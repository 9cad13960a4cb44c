"""One anchor under every negative strategy: alpha, the attack's steps and the map move in the browser alone."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ancra.web.assemble import script, style

_MECHANISM = st.components.v2.component(
    "ancra.mechanism",
    html='<div class="mechanism" role="group" tabindex="-1" aria-label="One anchor and its negatives"></div>\n',
    css=style("mechanism"),
    js=script("mechanism"),
)


def mechanism_widget(payload: dict[str, Any], *, on_anchor: Callable[[], None], key: str) -> Any:
    """Draw the widget. In ``on_anchor``, ``st.session_state[key].anchor`` is the anchor that is asked for next.

    Args:
        payload: from ``figures.mechanism.mechanism_payload``.
    """
    return _MECHANISM(data=payload, key=key, on_anchor_change=on_anchor)
