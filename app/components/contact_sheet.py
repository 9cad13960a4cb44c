"""A sheet of small pictures, one of which can be picked by a click or with the keyboard."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ancra.web.assemble import script, style

_CONTACT_SHEET = st.components.v2.component(
    "ancra.contact_sheet",
    html='<div class="sheet" tabindex="-1"></div>',
    css=style("contact_sheet"),
    js=script("contact_sheet"),
)


def contact_sheet(
    sprite: str,
    names: Sequence[str],
    *,
    columns: int,
    selected: int | None,
    on_pick: Callable[[], None],
    key: str,
    side: int = 44,
    label: str = "Pick an image",
) -> Any:
    """Draw the sheet. In ``on_pick``, ``st.session_state[key].picked`` is the position that was picked.

    Args:
        sprite: data URL of one picture that holds all of them, row by row (figures.pictures.sprite).
        names: what each picture is called, for the tooltip and for screen readers.
        columns: pictures in a row of the sprite.
        selected: position of the picture that is marked, or None.
        side: side of a picture on the page, in pixels.
    """
    data = {
        "sprite": sprite,
        "names": list(names),
        "columns": columns,
        "selected": -1 if selected is None else selected,
        "side": side,
        "label": label,
    }
    return _CONTACT_SHEET(data=data, key=key, on_picked_change=on_pick)
