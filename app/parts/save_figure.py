"""Save a figure: as it is seen on the page, or drawn for a paper in files that say what they show."""

import re
from functools import partial

import streamlit as st

from ancra.origin import Origin
from ancra.web.palette import palette
from app import state
from app.components.as_seen import as_seen
from app.figures.on_paper import on_paper
from app.parts.chart import Draw

TYPES = {"pdf": "application/pdf", "svg": "image/svg+xml"}


def save_figure(draw: Draw, name: str, origin: Origin, key: str, wide: bool = False) -> None:
    """One popover with a button a kind of file; a file is drawn when it is asked for.

    Args:
        draw: gives the figure in the colours of a palette.
        name: of the files, in words: what the figure shows.
        origin: where it is from; the page's link is added.
        key: of the chart on the page.
        wide: over both columns of a paper instead of one.
    """
    here = origin.with_changes(what=name, page=state.link())
    width = "two columns (7 inches)" if wide else "one column (3.25 inches)"
    with st.popover("Save figure", icon=":material/download:", type="tertiary", key=f"save/{key}"):
        st.caption("As it is seen here, zoom and hidden lines included:")
        as_seen(key, file_name(name))
        st.caption(f"For a paper, {width} wide, in light colours with Type 42 fonts:")
        with st.container(horizontal=True):
            for kind, mime in TYPES.items():
                st.download_button(
                    kind.upper(),
                    partial(_made, draw, kind, here, wide),
                    f"{file_name(name)}.{kind}",
                    mime,
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"save/{key}/{kind}",
                )
        st.caption("`ancra explain` says where a file for a paper is from.")


def file_name(words: str) -> str:
    """What a file with this content is called: lower case, digits, dashes."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:120]


def _made(draw: Draw, kind: str, origin: Origin, wide: bool) -> bytes:
    return on_paper(draw(palette()), kind, origin, wide)
