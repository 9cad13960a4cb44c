"""Live: attacks that run in the visitor's own browser, while one drags, draws and watches."""

import streamlit as st

from ancra.arrays import PixelArray
from ancra.errors import AncraError
from ancra.maps.settings import ModelMapSettings
from ancra.scenes.live_stage import OnStage, stage
from app import compute, state
from app.answers import live as answers
from app.answers.models import like, title_of
from app.components.live import live_widget
from app.drawn import drawn
from app.guard import guard, show_error
from app.parts import story
from app.parts.live.story import PLAYED, live_story

MOST = 4
KEY = "live"
WAIT = 1.0  # Seconds between looks at maps that are being made ready.
MAP = ModelMapSettings()


def ready(names: list[str]) -> list[str]:
    """The checkpoints that a browser can attack; of the others the page says why not."""
    found = []
    for name in names:
        try:
            answers.prepare(name)
            found.append(name)
        except AncraError as error:
            show_error(error)
            st.page_link(
                "app_pages/attack.py", label=f"Attack {title_of(name)} on the server", icon=":material/swords:"
            )
    return found


def view_of_link() -> dict[str, object]:
    """What a link asks for; what is no number is not taken."""
    asked: dict[str, object] = {name: st.query_params.get(name) for name in ("objective", "norm")}
    for name, kind in (("image", int), ("epsilon", float), ("towards", int)):
        try:
            asked[name] = kind(st.query_params[name])
        except (KeyError, ValueError):
            continue
    return asked


def keep_view() -> None:
    """The place in the URL: a link opens the same image and attack."""
    for name, value in (st.session_state[KEY].get("view") or {}).items():
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
        state.put_into_link(name, None if value is None else text)
    story.name_again()


def judge(names: list[str]) -> None:
    """The core's verdict on what the browser found."""
    found = st.session_state[KEY].get("found")
    if found:
        try:
            st.session_state["live_verdict"] = answers.judge(names, found)
        except AncraError as error:
            st.session_state["live_verdict"] = str(error)


def stage_images(names: list[str]) -> tuple[PixelArray, list[int]]:
    """The images that may be attacked, and their classes. Raises AncraError."""
    return answers.images_of(names[0], state.opening().image)


@st.fragment
@guard()
def widget(names: list[str]) -> None:
    """The stage; maps join it when they are ready."""
    found, jobs = answers.maps_of(names, MAP)
    images, labels = stage_images(names)
    networks = [
        OnStage(title_of(name), compute.card(name), f"{answers.ROUTE}/{compute.card(name).digest}", found.get(name))
        for name in names
    ]
    payload = drawn(stage, networks, images, labels, state.look().dark)
    live_widget(
        payload,
        view=view_of_link(),
        verdict=st.session_state.pop("live_verdict", ""),
        told=st.session_state.get(PLAYED),
        on_view=keep_view,
        on_found=lambda: judge(names),
        key=KEY,
    )
    if jobs:
        waiting(names)


@st.fragment(run_every=WAIT)
def waiting(names: list[str]) -> None:
    """How far the maps are; the page is drawn again when they are ready."""
    _, jobs = answers.maps_of(names, MAP)
    if not jobs:
        st.rerun()
    st.caption("The feature maps that the image's point walks on are being made ready …")


title, steps, choice = st.columns([1, 4, 4], gap="medium", vertical_alignment="bottom")
title.title("Live", anchor=False)
state.require_models()
where = story.place()
with choice:
    chosen = state.choose_models("Models", "attacked", state.opening().models, MOST, help="Up to four, side by side.")
fitting = [name for name in chosen if name in like(chosen[0])] if chosen else []
for name in chosen:
    if name not in fitting:
        st.caption(f"{title_of(name)} knows other images or classes than {title_of(chosen[0])}: it is left out.")
if fitting:
    with guard():
        names = ready(fitting)
        if names:
            its = live_story(compute.card(names[0]).classes, stage_images(names)[1][0])
            with steps:
                current = story.steps(its.story)
            story.strip(where, its.story, current, its.tell)
            widget(names)
else:
    st.info("Choose at least one model.", icon=":material/arrow_upward:")
st.caption(
    "This attack runs in your own browser: draw on the image, drag epsilon, press an answer to drive the image there. "
    "The point on each map is where the network's features put the image; under an attack it walks."
)
