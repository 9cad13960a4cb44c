"""What a person has chosen, and its place in the URL: a link opens the same view."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ancra import limits
from ancra.cli.serving import stays_here
from ancra.text import epsilon_text, listed
from ancra.web.palette import Palette, palette
from app import compute
from app.access import is_public
from app.answers.models import OPENING, OPENINGS, Opening, like, models_by_set, preferred, title_of

IMAGES = "images"
PAGE = "page_shown"
# Where there is room the switch stands in the header, which belongs to all pages.
IN_HEADER = """<style>@media (min-width: WIDTHpx) {
    [data-testid="stLayoutWrapper"]:has(> .st-key-images_switch) { position: absolute; }
    .st-key-images_switch { position: fixed; top: 0.7rem; right: 21rem; width: fit-content !important;
        z-index: 999991; }
}</style>"""
MODELS, MODEL = ("attacked", "models"), ("model", "trust")
OF_AN_IMAGE = ("show", "target", "anchor", "map_selection", "source")
BESIDE_WIDGETS = (
    "step",
    "map_colour",
    "map_view",
    "map_zoom",
    "map_selection",
    "map_follow",
    "mechanism_anchor",
    "shown_runs",
    "form",
    "reveal",
    "mechanism_played",
    "live_told",
)
"""What is held beside the URL and no widget restores from it; and what a story's step had played: what comes back is
shown as it was."""
WALKED, WALKS = "walked", "walks"
"""Held from the run in which a person went back or forward until the story has followed: a run may be cut short."""
UNMET = "asked_by_a_link"
PLAIN = {ord(char): "\\" + char for char in "\\`*_[]()<>$:#~|"}
"""What a link says is shown as it is, not as Markdown."""


def link() -> str:
    """The page and its choices as a link, from the server's address on."""
    page = urlsplit(st.context.url or "").path
    choices = urlencode({key: st.query_params.get_all(key) for key in st.query_params}, doseq=True)
    return f"{page or '/'}?{choices}" if choices else page or "/"


def put_into_link(name: str, value: str | Sequence[str] | None) -> None:
    """Put a choice that no widget binds into the URL; nothing takes it out.

    Written only where it changes: a write sends the whole address, over what was chosen in the browser meanwhile.
    """
    values = [value] if isinstance(value, str) and value else list(value or ())
    if not values:
        st.query_params.pop(name, None)
    elif values != st.query_params.get_all(name):
        st.query_params[name] = values


def say_unmet(key: str, known: Collection[str], what: str, place: DeltaGenerator | None = None) -> None:
    """Say which values of a link are not here, which the widget of this key is about to drop from the URL.

    The sentence stays until another value is chosen, where ``met`` is called.

    Args:
        known: the values that there are, as the URL writes them. what: what they are, in words: ``the model``.
        place: where it is said; for widgets in a popover, which is closed, outside of it.
    """
    held = st.session_state.setdefault(UNMET, {})
    if missing := [value[: limits.REPEATED] for value in st.query_params.get_all(key) if value not in known]:
        held[key] = f"The link asks for {what} {listed(missing)}, which is not here: this page shows something else."
    if key in held:
        (place or st).warning(held[key].translate(PLAIN), icon=":material/link_off:")


def met(key: str) -> None:
    """A person has chosen something: what a link asked for is of no concern any more."""
    st.session_state.get(UNMET, {}).pop(key, None)


def look() -> Palette:
    """The colours of figures for the theme that the browser shows."""
    colours = palette(dark=st.context.theme.type == "dark")
    return replace(colours, least_type=20) if st.query_params.get("present") == "1" else colours


def on_this_machine() -> bool:
    """Whether only people at the server's own machine can reach it."""
    return not is_public() and stays_here(str(st.get_option("server.address") or "localhost"))


def choose_set() -> None:
    """The switch between sets of images, which all pages share; nothing where models know one set alone."""
    options = list(models_by_set())
    if len(options) < 2:
        return
    _follow_link(options)
    st.html(IN_HEADER.replace("WIDTH", str(1400 if len(options) < 4 else 1560)))
    with st.container(key="images_switch", width="content"):
        st.segmented_control(
            "Images",
            options,
            default=options[0],
            required=True,
            key=IMAGES,
            bind="query-params",
            label_visibility="collapsed",
            on_change=_carry_over,
        )


def _follow_link(options: Collection[str]) -> None:
    """Take the images that a link between pages names: the switch, which all of them have, holds those of before."""
    context, held = get_script_run_ctx(), st.session_state
    if context is None or held.get(PAGE) == context.page_script_hash:
        return
    held[PAGE] = context.page_script_hash
    asked = st.query_params.get(IMAGES)
    if IMAGES in held and asked in options:
        held[IMAGES] = asked


def choose_enlargement() -> None:
    """Whether pictures of few pixels are enlarged smoothly, or pixel by pixel; the page's widgets inherit it."""
    if st.toggle("Smooth pictures", key="smooth", bind="query-params", help="Else every pixel is seen."):
        st.html("<style>:root { --enlarged: auto; }</style>")


def opening() -> Opening:
    """What the Attack page opens on for the chosen images."""
    return OPENINGS.get(st.session_state.get(IMAGES) or next(iter(models_by_set()), ""), OPENING)


def model_names() -> list[str]:
    """The checkpoints for the chosen set of images."""
    found = models_by_set()
    return found.get(st.session_state.get(IMAGES, ""), next(iter(found.values()), []))


def returned() -> bool:
    """Whether a person has just gone back or forward in the browser's history: then the URL says what is shown."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def walks() -> int:
    """How often a person has gone back or forward: what follows that can tell whether it has, in whichever run."""
    return int(st.session_state.get(WALKS, 0))


def in_part() -> bool:
    """Whether only a fragment runs, asked for by what stands within it; what stands outside was not touched then."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def follow_history() -> None:
    """Let the URL say what is shown where a person went back or forward; bound widgets follow it by themselves."""
    if returned():
        st.session_state[WALKED] = True
        st.session_state[WALKS] = walks() + 1
        for key in BESIDE_WIDGETS:
            st.session_state.pop(key, None)


def _carry_over() -> None:
    """Go on with models of the same names for the images that were chosen now, and with nothing else of the others."""
    held, names = st.session_state, model_names()
    for key in MODELS:
        if key in held:
            ends = tuple(_end(name) for name in held[key])
            opened = any(ends == each.models for each in (OPENING, *OPENINGS.values()))
            held[key] = preferred(names, opening().models if opened else ends)
    for key in MODEL:
        if key in held:
            held[key] = preferred(names, [_end(held[key])])[0]
    for key in OF_AN_IMAGE:
        held.pop(key, None)
    if "image" in held:
        held["image"] = opening().image
    if "epsilon" in held:
        recipes = [recipe for name in names if (recipe := compute.card(name).recipe)]
        held["epsilon"] = epsilon_text(recipes[0].attack.epsilon) if recipes else epsilon_text(8 / 255)


def _end(name: str) -> str:
    return name.rpartition("/")[2]


def choose_model(label: str, key: str, default: str, alike: str | None = None) -> str:
    """A select box over the checkpoints for the chosen images, kept in the URL. Call ``require_models`` first.

    Args:
        default: the end of the name that is chosen at first.
        alike: only checkpoints for the same images and classes as this one.
    """
    names = model_names() if alike is None else like(alike)
    index = names.index(preferred(names, [default])[0])
    say_unmet(key, [title_of(name) for name in names], "the model")
    return st.selectbox(
        label, names, index=index, format_func=title_of, key=key, bind="query-params", on_change=met, args=(key,)
    )


def choose_models(
    label: str,
    key: str,
    defaults: Sequence[str],
    most: int,
    help: str | None = None,
    place: DeltaGenerator | None = None,
) -> list[str]:
    """Several checkpoints, kept in the URL; ``place`` as in ``say_unmet``. Call ``require_models`` first."""
    names = model_names()
    say_unmet(key, [title_of(name) for name in names], "the model", place)
    return st.multiselect(
        label,
        names,
        default=preferred(names, defaults),
        format_func=title_of,
        key=key,
        help=help,
        max_selections=most,
        select_all=most >= len(names),
        bind="query-params",
        on_change=met,
        args=(key,),
    )


def require_models() -> None:
    """Stops the page with what to do when there is no checkpoint at all."""
    if not compute.checkpoints():
        st.info(
            "There is no model yet. Train one on the **Train** page, or run `make checkpoints` in the project.",
            icon=":material/model_training:",
        )
        st.stop()
