"""A photograph with a frame over it, which says what part of it a model is shown."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ancra.web.assemble import script, style

_CROP = st.components.v2.component(
    "ancra.crop",
    html='<div class="crop"></div>',
    css=":host { container-type: inline-size; }\n" + style("crop"),
    js=script("crop"),
)


def crop(
    picture: str,
    ratio: float,
    *,
    aspect: float,
    zoom: float,
    centre: tuple[float, float],
    on_move: Callable[[], None],
    key: str,
    label: str = "What the models see of it",
) -> Any:
    """Draw the photograph. In ``on_move``, ``st.session_state[key].moved`` is [zoom, from left in %, from top in %].

    Args:
        picture: data URL of the whole photograph.
        ratio: its width by its height. aspect: that of what a model is shown.
        zoom, centre: the part that is framed, as ``read_image`` takes it.
    """
    data = {
        "picture": picture,
        "ratio": ratio,
        "aspect": aspect,
        "zoom": zoom,
        "centre": list(centre),
        "label": label,
    }
    return _CROP(data=data, key=key, on_moved_change=on_move)
