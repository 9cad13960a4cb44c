"""What a person has chosen, and its place in the URL: a link opens the same view."""

from collections.abc import Sequence

import streamlit as st

from app import compute
from app.answers.models import like, preferred, title_of
from app.figures.theme import Palette, palette


def look() -> Palette:
    """The colours of figures for the theme that the browser shows."""
    return palette(dark=st.context.theme.type == "dark")


def choose_model(label: str, key: str, default: str, alike: str | None = None) -> str:
    """A select box over all checkpoints, kept in the URL. Call ``require_models`` first.

    Args:
        default: the end of the name that is chosen at first.
        alike: only checkpoints for the same images and classes as this one.
    """
    names = list(compute.checkpoints()) if alike is None else like(alike)
    index = names.index(preferred(names, [default])[0])
    return st.selectbox(label, names, index=index, format_func=title_of, key=key, bind="query-params")


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
