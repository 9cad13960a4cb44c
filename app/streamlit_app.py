"""Navigation only: which pages there are, and what surrounds each of them."""

import sys
from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).resolve().parent
if str(FOLDER.parent) not in sys.path:  # `streamlit run` puts this folder on the path, not the project's
    sys.path.insert(0, str(FOLDER.parent))

from app import compute  # noqa: E402
from app.access import may_change  # noqa: E402
from app.components.menu import menu  # noqa: E402
from app.components.toolbar import toolbar  # noqa: E402
from app.components.waiting import waiting  # noqa: E402
from app.guard import guard, show_plugins  # noqa: E402
from app.parts.readable import readable  # noqa: E402
from app.parts.signing_in import signing_in  # noqa: E402
from app.state import choose_set, follow_history, look  # noqa: E402
from app.turns import turns  # noqa: E402

PAGES = (
    ("home", "Home", "home", "What this is, what the shipped models achieve, and where to go."),
    ("attack", "Attack", "swords", "Attack an image against up to four models and watch their answers, step by step."),
    ("live", "Live", "draw", "Attack in your own browser: draw, drag epsilon, and watch the answers follow."),
    ("feature_maps", "Feature maps", "scatter_plot", "Maps of what up to four models make of the same test images."),
    ("robustness", "Robustness", "shield", "Every model under every attack, and which numbers can be believed."),
    (
        "negatives",
        "Negatives",
        "contrast",
        "Which example of another class each strategy picks for an anchor, and why.",
    ),
    ("train", "Train", "model_training", "Train a model from a recipe; it then appears on every page."),
)


CHANGING = ("train",)  # not for strangers
COMPUTING = ("attack", "feature_maps", "negatives")


def pages() -> list[st.Page]:
    """The pages in their order; the first one is where the app opens."""
    return [
        st.Page(f"app_pages/{name}.py", title=title, icon=f":material/{icon}:", help=text, default=index == 0)
        for index, (name, title, icon, text) in enumerate(PAGES)
        if name not in CHANGING or may_change()
    ]


# Before the navigation: a page's own icon would be fetched from Google's servers as the tab's icon.
st.set_page_config(page_icon=str(FOLDER / "static" / "icon.png"), layout="wide")
page = st.navigation(pages(), position="top")
st.set_page_config(page_title=f"{page.title} · ANCRA Lab")
st.logo(str(FOLDER / "static" / "logo.svg"), size="large")
with turns().drawing(), guard():
    compute.say_in(waiting(page.url_path, look()))
    menu()
    toolbar()
    readable()
    show_plugins()
    follow_history()
    choose_set()
    page.run()
    if page.url_path in COMPUTING:
        st.caption(f":small[{compute.where()}]")
    signing_in()
