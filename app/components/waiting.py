"""Words for what a person has begun, in its place and at once; the place is held until its result is there."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ancra.web.assemble import script
from ancra.web.assemble import style as style_of
from ancra.web.palette import Palette
from app.words.waiting import places

_WAITING = st.components.v2.component(
    "ancra.waiting", html='<div class="waiting"></div>\n', css=style_of("waiting"), js=script("waiting")
)
# Streamlit's own note of a computation would move what stands below it: the words here take it up. What belongs to the
# header is not dimmed: dimmed, it would lie behind the header.
_PAGE = """<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-waiting) { position: absolute; }
.ancra-waiting { position: fixed; z-index: 999990; pointer-events: none; padding: 8px 14px; border-radius: 8px;
    font-size: max(var(--least-type, 0px), 15px); line-height: 1.35; color: BACKGROUND; background: TEXT;
    box-shadow: 0 2px 10px rgb(0 0 0 / 25%); font-variant-numeric: tabular-nums; }
[data-waiting] { min-height: var(--held); background: SOFT; border-radius: 8px; transition: background 0.2s 0.1s; }
[data-waiting=""]:not([data-testid="stMainBlockContainer"]) > *,
[data-testid="stMainBlockContainer"][data-waiting=""] > * > :not(:has(> .st-key-toolbar, > .st-key-images_switch,
    > .st-key-menu)) { opacity: 0.6; transition: opacity 0.2s 0.1s; }
.st-key-waiting { width: 1px !important; height: 1px; overflow: hidden; clip-path: inset(50%); }
[data-waiting] [data-stale="true"] { opacity: 1 !important; }
[data-testid="stMainBlockContainer"][data-waiting] { min-height: 100vh; border-radius: 0; }
[data-testid="stMainBlockContainer"]:is([data-waiting="opening"], html:not([data-opened]) *) { min-height: 100vh;
    background: linear-gradient(SOFT, SOFT) 0 0 / 18% 2.2rem, linear-gradient(SOFT, SOFT) 0 3.5rem / 100% 3rem,
    linear-gradient(SOFT, SOFT) 0 8rem / 20% 100vh, linear-gradient(SOFT, SOFT) 100% 8rem / calc(80% - 2rem) 100vh;
    background-origin: content-box; background-repeat: no-repeat; }
@media (max-width: 640px) {
    [data-testid="stMainBlockContainer"]:is([data-waiting="opening"], html:not([data-opened]) *) {
        background-size: 60% 2.2rem, 100% 3rem, 100% 100vh, 0 0; }
}
</style>"""


def waiting(page: str, colours: Palette) -> DeltaGenerator:
    """Listen; once a page, which is named as in the URL. Returns where the server's own words go."""
    of_theme = {"BACKGROUND": colours.background, "TEXT": colours.text, "SOFT": colours.grid}
    style = _PAGE
    for name, colour in of_theme.items():
        style = style.replace(name, colour)
    st.html(style)
    with st.container(key="waiting"):
        _WAITING(key="waiting_script", data={"places": places(page)})
        return st.empty()
