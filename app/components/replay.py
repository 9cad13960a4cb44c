"""The replay of an attack: plays, pauses and steps in the browser; Python only hears where it came to rest."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ancra.web.assemble import script, style

_REPLAY = st.components.v2.component(
    "ancra.replay",
    html='<div class="replay" tabindex="0" role="group" aria-label="Replay of the attack"></div>\n',
    css=style("replay"),
    js=script("replay"),
)


def replay_widget(
    payload: dict[str, Any], *, step: int, on_step: Callable[[], None], key: str, reveal: tuple[int, str] | None = None
) -> Any:
    """Draw the replay. In ``on_step``, ``st.session_state[key].step`` is the step at which it rests.

    Args:
        payload: from ``figures.replay.replay``.
        step: the step to show; the widget keeps its own while it plays.
        reveal: a number and the key of a container that is scrolled into view, once for each new number.
    """
    return _REPLAY(data={**payload, "step": step, "reveal": reveal}, key=key, on_step_change=on_step)
