"""What stands in the header of every page: undo and redo, which walk the browser's history of views."""

import streamlit as st

from ancra.web.assemble import script, style

_TOOLBAR = st.components.v2.component(
    "ancra.toolbar",
    html='<div class="toolbar" role="toolbar" aria-label="This view"></div>\n',
    css=style("toolbar"),
    js=script("toolbar"),
)
_IN_HEADER = """<style>
.st-key-toolbar { position: fixed; top: 0.6rem; right: 0.5rem; width: fit-content !important; z-index: 999991; }
@media (min-width: 1000px) { .st-key-toolbar { right: 4rem; } }
</style>"""


def toolbar() -> None:
    """Draw it; once a page."""
    st.html(_IN_HEADER)
    with st.container(key="toolbar", width="content"):
        _TOOLBAR(key="toolbar_script")
