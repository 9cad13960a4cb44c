"""Buttons that save a figure of the page as it is seen: drawn and named in the browser alone."""

import streamlit as st

from ancra.web.assemble import script, style

_AS_SEEN = st.components.v2.component(
    "ancra.as_seen", html='<div class="as-seen"></div>\n', css=style("as_seen"), js=script("as_seen")
)


def as_seen(chart: str, name: str) -> None:
    """Draw the buttons: PNG and SVG of the Plotly figure with the key ``chart``, in files called ``name``."""
    _AS_SEEN(data={"chart": chart, "name": name}, key=f"as_seen/{chart}")
