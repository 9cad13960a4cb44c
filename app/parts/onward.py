"""From a model to the pages that show it: what one does next with it."""

import streamlit as st

from app import state
from app.answers.models import like, set_of, title_of

PAGES = (
    ("attack", "attacked", "Attack it", ":material/swords:"),
    ("feature_maps", "models", "On the map", ":material/scatter_plot:"),
    ("robustness", "models", "Robustness", ":material/shield:"),
)
"""Page, its query parameter for models, what the link says, icon."""
BESIDE = 3


def onward(name: str) -> None:
    """Links to the pages with a checkpoint alone, and with others of the same images beside it."""
    title, images = title_of(name), set_of(name)
    others = [title_of(each) for each in like(name) if each != name][:BESIDE]
    with st.container(horizontal=True):
        for page, parameter, label, icon in PAGES:
            _link(page, label, icon, {parameter: [title], state.IMAGES: images})
        if others:
            _link(
                "robustness", "Compare", ":material/compare_arrows:", {"models": [title, *others], state.IMAGES: images}
            )


def _link(page: str, label: str, icon: str, query: dict[str, str | list[str]]) -> None:
    st.page_link(f"app_pages/{page}.py", label=label, icon=icon, query_params=query)
