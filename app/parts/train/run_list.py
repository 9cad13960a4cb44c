"""The list of all runs: what each one is, how far it is, how good; ticking a run shows its curves."""

from collections.abc import Mapping
from html import escape
from typing import Literal

import streamlit as st

from ancra.progress import duration
from ancra.web.palette import Palette
from app import state
from app.answers import recipes
from app.answers.runs import RunView
from app.parts.train import selection as selection

PAGE = 8
FIND_FROM = 6  # so many runs need no search
Colour = Literal["gray", "blue", "green", "red", "orange"]
BADGES: dict[str, tuple[str, Colour, str]] = {
    "queued": (":material/hourglass_empty:", "gray", "Waiting"),
    "running": (":material/play_arrow:", "blue", "Running"),
    "finished": (":material/check:", "green", "Finished"),
    "failed": (":material/error:", "red", "Failed"),
    "cancelled": (":material/stop:", "orange", "Stopped"),
    "lost": (":material/help:", "orange", "Lost"),
}
ORDERS = {"Newest first": "", "Best adaptive accuracy": "adaptive", "Best without an attack": "natural"}
COLUMNS = (("natural", "no attack"), ("pgd", "PGD"), ("adaptive", "adaptive"))


def run_list(found: Mapping[str, RunView]) -> None:
    """The runs as rows, with a search where there are many."""
    names = _filtered(found) if len(found) > FIND_FROM else list(found)
    chosen = set(selection.slots(found))
    most = PAGE * int(st.session_state.get("run_pages", 1))
    for name in names[:most]:
        _row(found[name], name in chosen)
    if not names:
        st.caption("No run fits this search.")
    if len(names) > most:
        st.button(f"Show {min(PAGE, len(names) - most)} more", icon=":material/expand_more:", on_click=_more)
    st.caption(
        f"Tick up to {selection.MOST} runs to lay their curves over one another. The accuracies are those of the last "
        "epoch, on held-out training images."
    )


def swatch(colour: str) -> str:
    """A small square in a run's colour; an empty place where it has none."""
    look = f"background:{colour}" if colour else ""
    return f'<span style="display:inline-block;width:14px;height:14px;border-radius:4px;flex:none;{look}"></span>'


def plain_title(run: RunView) -> str:
    """What a run is called, else what it trains, and on what."""
    return f"{run.title} · {recipes.data_title(run.recipe.data)}"


def progress_text(run: RunView) -> str:
    """How far a run is and how long it still takes, in words."""
    status = run.status
    if status.state == "queued":
        if run.position:
            return "Next in the queue" if run.position == 1 else f"Number {run.position} in the queue"
        return "Starting" if run.launcher == "local" else f"Waiting for {run.launcher.capitalize()}"
    if not status.steps and not status.epoch:
        return "Getting ready" if status.active else "Not begun"
    if status.state == "running":
        left = f", {duration(status.remaining)} left" if status.remaining is not None else ""
        return f"Epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}{left}"
    return f"{status.epoch} of {status.epochs} epochs"


def _filtered(found: Mapping[str, RunView]) -> list[str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Find a run", placeholder="a word of its name, data, state, tags or note", key="find_run", live="300ms"
        )
        order = st.selectbox("Order", list(ORDERS), key="run_order", bind="query-params", width=260)
    words = text.lower().split()
    names = [name for name, run in found.items() if all(word in _searched(run) for word in words)]
    key = ORDERS[order]
    return (
        sorted(names, key=lambda name: -max((row.get(key, 0) for row in found[name].rows), default=-1))
        if key
        else names
    )


def _searched(run: RunView) -> str:
    words = (
        plain_title(run),
        run.recipe.title,
        run.name,
        BADGES[run.status.state][2],
        run.labels.note,
        *run.labels.tags,
    )
    return " ".join(words).lower()


def _row(run: RunView, chosen: bool) -> None:
    palette = state.look()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"row-{run.name}"):
        key = f"show/{run.name}"
        st.session_state[key] = chosen  # the list of chosen runs is the truth, whoever changed it
        st.checkbox(
            f"{plain_title(run)} · {run.created:%d %b %H:%M}",
            key=key,
            width=330,
            on_change=_toggle,
            args=(run.name,),
            help=f"{run.name}: {run.recipe.description}",
        )
        icon, tint, word = BADGES[run.status.state]
        st.badge(word, icon=icon, color=tint, width=110)
        st.html(_facts(run, palette, selection.colour(run.name, palette) if chosen else ""))


def _more() -> None:
    st.session_state["run_pages"] = int(st.session_state.get("run_pages", 1)) + 1


def _toggle(name: str) -> None:
    selection.choose(name, bool(st.session_state[f"show/{name}"]))


def _facts(run: RunView, palette: Palette, colour: str) -> str:
    """Progress and accuracies of a run as one line."""
    share = 1.0 if run.status.state == "finished" else run.status.share
    fill = colour or palette.muted
    bar = (
        f'<span style="flex:1 1 60px;min-width:40px;height:8px;border-radius:4px;overflow:hidden;'
        f'background:{palette.grid}">'
        f'<span style="display:block;height:8px;width:{100 * share:.1f}%;background:{fill}"></span></span>'
    )
    words = f'<span style="flex:0 1 170px;color:{palette.muted};font-size:.85rem">{escape(progress_text(run))}</span>'
    last = run.rows[-1] if run.rows else {}
    numbers = "".join(
        f'<span style="flex:none;width:4.6rem;text-align:right;font-variant-numeric:tabular-nums">'
        f"{'–' if last.get(key) is None else f'{last[key]:.1%}'}"
        f'<span style="display:block;color:{palette.muted};font-size:.72rem;line-height:1">{name}</span></span>'
        for key, name in COLUMNS
    )
    return (
        f'<div style="display:flex;align-items:center;gap:.75rem;flex-wrap:wrap">{swatch(colour)}{bar}{words}'
        f'<span style="display:flex;gap:.25rem">{numbers}</span></div>'
    )
