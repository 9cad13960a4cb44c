"""What stands in the header of every page: undo and redo along the browser's history, and Present for a projector."""

import streamlit as st

from ancra.web.assemble import script, style

_TOOLBAR = st.components.v2.component(
    "ancra.toolbar",
    html='<div class="toolbar" role="toolbar" aria-label="This view"></div>\n',
    css=style("toolbar"),
    js=script("toolbar"),
)
_KEY, _PRESENT = "toolbar_script", "present"
_PAGE = """<style>
.st-key-toolbar { position: fixed; top: 0.6rem; right: 0.5rem; width: fit-content !important; z-index: 999991; }
@media (min-width: 1280px) { .st-key-toolbar { right: 9rem; } }
[data-testid="stLayoutWrapper"]:has(> .st-key-toolbar), [data-testid="stLayoutWrapper"]:has(> .st-key-menu) {
    position: absolute; }
@media (max-width: 640px) {
    [data-testid="stMainBlockContainer"] { padding: 4.25rem 1rem 2rem; }
    [data-testid="stMain"] h1 { font-size: 1.25rem; padding: 0 0 0.5rem; }
    :is(.st-key-guide, .st-key-attacked, [class*="story"]) [data-testid="stWidgetLabel"] { display: none; }
    [data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.5rem; }
    [data-testid="stLayoutWrapper"]:has(> .st-key-settings) { order: 9; }
    .st-key-maps_settings { position: fixed; inset: auto 0 0 0; z-index: 70; width: auto !important;
        padding: 6px 12px 10px; flex-wrap: nowrap !important; overflow-x: auto;
        box-shadow: 0 -2px 8px rgb(0 0 0 / 20%); }
    .st-key-maps_settings > * { flex: none !important; width: auto !important; }
}
@media (min-width: 1800px) and (min-height: 950px) { html { font-size: 18px !important; } }
html[data-present] { font-size: 23px !important; --least-type: 20px; --picture: 230px; --under-strip: 4.5rem; }
html[data-present] :is([data-testid="stHeader"], h1, .st-key-images_switch, .st-key-attacked, .st-key-models,
    .st-key-settings, .st-key-maps_settings, [data-testid="stColumn"]:has(h1),
    [data-testid="stColumn"]:has(.st-key-epsilon)) { display: none; }
html[data-present] [data-testid="stMainBlockContainer"] { padding: 0.75rem 1.5rem 3rem; max-width: none; }
html[data-present] [data-testid="stLayoutWrapper"]:has(> .st-key-strip) { top: 0; }
html[data-present] .st-key-toolbar { inset: auto 0.5rem 0.5rem auto; opacity: 0.6; --others: none; }
</style>"""


def toolbar() -> None:
    """Draw it; once a page. ``?present=1`` opens a page as it is presented."""
    st.html(_PAGE)
    with st.container(key="toolbar", width="content"):
        _TOOLBAR(key=_KEY, on_present_change=_keep)


def _keep() -> None:
    if st.session_state[_KEY].get(_PRESENT) == "yes":
        st.query_params[_PRESENT] = "1"
    else:
        st.query_params.pop(_PRESENT, None)
