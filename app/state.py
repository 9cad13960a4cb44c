"""What a person has chosen, and its place in the URL: a link opens the same view."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app import compute
from app.figures.theme import Palette, palette


def look() -> Palette:
    """The colours of figures for the theme that the browser shows."""
    return palette(dark=st.context.theme.type == "dark")


def has_page(name: str) -> bool:
    """Whether the app has a page of this name."""
    return (Path(__file__).parent / "app_pages" / f"{name}.py").is_file()


def title_of(name: str) -> str:
    """A checkpoint's name for people: the paper's for one of ours on digits, with where it comes from for others."""
    card = compute.checkpoints().get(name)
    if card is None:
        return name
    head, _, rest = name.partition("/")
    origin = {"digits": "", "runs": rest, "uploads": rest, "sweeps": rest}.get(head, head)
    return f"{card.title} · {origin}" if origin else card.title


def preferred(names: Sequence[str], wishes: Sequence[str]) -> list[str]:
    """Of the wished-for ends of names ("trades-ancra"), the names that exist; then others, in order, to fill up."""
    found = [name for wish in wishes for name in names if name.rpartition("/")[2] == wish]
    return [*dict.fromkeys([*found, *names])][: len(wishes)]


def choose_model(label: str, key: str, default: str, alike: str | None = None) -> str:
    """A select box over all checkpoints, kept in the URL. Call ``require_models`` first.

    Args:
        default: the end of the name that is chosen at first.
        alike: only checkpoints for the same images and classes as this one.
    """
    names = list(compute.checkpoints()) if alike is None else like(alike)
    index = names.index(preferred(names, [default])[0])
    return st.selectbox(label, names, index=index, format_func=title_of, key=key, bind="query-params")


def like(name: str) -> list[str]:
    """The checkpoints of the same dataset and classes as this one."""
    cards = compute.checkpoints()
    wanted = (cards[name].dataset, cards[name].classes, cards[name].image_shape)
    return [other for other, it in cards.items() if (it.dataset, it.classes, it.image_shape) == wanted]


def choose_models(label: str, key: str, defaults: Sequence[str], most: int, help: str | None = None) -> list[str]:
    """Several checkpoints, kept in the URL. Call ``require_models`` first."""
    names = list(compute.checkpoints())
    return st.multiselect(
        label,
        names,
        default=preferred(names, defaults),
        format_func=title_of,
        key=key,
        help=help,
        max_selections=most,
        bind="query-params",
    )


def require_models() -> None:
    """Stops the page with what to do when there is no checkpoint at all."""
    if not compute.checkpoints():
        st.info(
            "There is no model yet. Train one on the **Train** page, or run `make checkpoints` in the project.",
            icon=":material/model_training:",
        )
        st.stop()
