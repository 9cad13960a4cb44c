"""The map widget: linked feature maps drawn in the browser; Python hears of the selection, the colour and the view."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ancra.scenes.scene import Scene
from ancra.web.assemble import script, style

_FEATURE_MAP = st.components.v2.component(
    "ancra.feature_map",
    html='<div class="feature-map"></div>\n',
    css=style("feature_map"),
    js=script("feature_map"),
)


def _nothing() -> None:
    """Streamlit keeps a component's state value only when a callback is named for it."""


def feature_map(
    scene: Scene,
    *,
    key: str,
    command: dict[str, Any] | None = None,
    projected: Sequence[dict[str, Any]] = (),
    on_selection: Callable[[], None] = _nothing,
    on_colour: Callable[[], None] = _nothing,
    on_view: Callable[[], None] = _nothing,
    on_zoom: Callable[[], None] = _nothing,
) -> Any:
    """Draw linked maps. ``st.session_state[key]`` then has the ``selection``, ``colour``, ``view`` and ``zoom``.

    Args:
        scene: what is drawn.
        command: what Python wants shown, obeyed once for each new ``id``: {"id": ..., "colour": "true" | "predicted" |
            "flipped" | a measure's id, "view": "rows" | "together" | "attack" | "models", "selection": base64 bits,
            "zoom": "x,y,zoom" or "" for the whole}.
        projected: ways of an image over the maps, one a map or none at all: {"title": ..., "xy": [[x, y], ...] in map
            coordinates, "predicted": [class, ...], "words": [what to say of each place, ...]}.
    """
    return _FEATURE_MAP(
        data={"scene": scene.payload, "command": command, "projected": list(projected)},
        key=key,
        on_selection_change=on_selection,
        on_colour_change=on_colour,
        on_view_change=on_view,
        on_zoom_change=on_zoom,
    )
