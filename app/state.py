"""What a person has chosen, and its place in the URL: a link opens the same view."""

from collections.abc import Sequence

import streamlit as st

from app import compute
from app.figures.theme import Palette, palette


def look() -> Palette:
    """The colours of figures for the theme that the browser shows."""
    return palette(dark=st.context.theme.type == "dark")


def title_of(name: str) -> str:
    """A checkpoint's name for people: the paper's, with the run's name when it is not a shipped one."""
    cards = compute.checkpoints()
    card = cards.get(name)
    if card is None:
        return name
    twins = [other for other, it in cards.items() if it.title == card.title]
    return card.title if len(twins) == 1 else f"{card.title} ({name})"


def preferred(names: Sequence[str], wishes: Sequence[str]) -> list[str]:
    """Of the wished-for ends of names ("trades-ancra"), the names that exist; then others, in order, to fill up."""
    found = [name for wish in wishes for name in names if name.split("/")[-1] == wish]
    return [*dict.fromkeys([*found, *names])][: len(wishes)]


def choose_model(label: str, key: str, default: str, help: str | None = None) -> str:
    """A select box over all checkpoints, kept in the URL. Call ``require_models`` first."""
    names = list(compute.checkpoints())
    index = names.index(preferred(names, [default])[0])
    return st.selectbox(label, names, index=index, format_func=title_of, key=key, help=help, bind="query-params")


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
            "There is no model yet. Train one on the **Train** page, or run `make checkpoints` in the project's folder.",
            icon=":material/model_training:",
        )
        st.stop()
