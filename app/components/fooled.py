"""One image, a small change and two models, played in the browser."""

from typing import Any

import streamlit as st

from ancra.web.assemble import script, style

_FOOLED = st.components.v2.component(
    "ancra.fooled",
    html='<div class="fooled" role="group" aria-label="An image that one network loses and another keeps"></div>\n',
    css=style("fooled"),
    js=script("fooled"),
)


def fooled_widget(payload: dict[str, Any], *, key: str) -> Any:
    """Play a demonstration once by itself; ``payload`` is from ``figures.fooled.fooled``."""
    return _FOOLED(data=payload, key=key)
