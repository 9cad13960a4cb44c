"""The live stage: networks are attacked in the browser; Python hears where one is, and what to check."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ancra.web.assemble import script, style

_LIVE = st.components.v2.component(
    "ancra.live",
    html='<div class="live-stage" tabindex="0" role="group" aria-label="Attack live"></div>\n',
    css=style("live"),
    js=script("live"),
)


def live_widget(
    payload: dict[str, Any],
    *,
    view: dict[str, Any],
    verdict: str,
    told: dict[str, Any] | None,
    on_view: Callable[[], None],
    on_found: Callable[[], None],
    key: str,
) -> Any:
    """Draw the stage.

    Args:
        payload: from ``ancra.scenes.live_stage.stage``.
        view: what a link opens: image, epsilon, objective, norm, towards.
        verdict: the core's sentence on what was found; empty for none.
        told: what a step of the story sets: its number ``id``, the ``target``, whether to ``play`` or to ``rest``.
        on_view: ``st.session_state[key].view`` is where one is now. on_found: ``.found`` holds the images to judge.
    """
    return _LIVE(
        data={**payload, "view": view, "verdict": verdict, "told": told},
        key=key,
        on_view_change=on_view,
        on_found_change=on_found,
    )
