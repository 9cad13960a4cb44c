"""A phone's menu that says what it is, and closes when a page is chosen."""

import streamlit as st

from ancra.web.assemble import script, style

_MENU = st.components.v2.component(
    "ancra.menu", html='<div class="menu"></div>\n', css=style("menu"), js=script("menu")
)
_WORD = """<style>
[data-testid="stExpandSidebarButton"] { min-width: 44px; min-height: 44px; }
[data-testid="stExpandSidebarButton"]::after { content: "Menu"; padding-left: 4px; font-size: 16px; }
.st-key-menu { display: none; }
</style>"""


def menu() -> None:
    """Take care of the menu; once a page."""
    st.html(_WORD)
    with st.container(key="menu"):
        _MENU(key="menu_script")
