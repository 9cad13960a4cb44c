"""How far a sweep is: one square a run."""

from collections.abc import Sequence

import plotly.graph_objects as go

from ancra.jobs.status import RunStatus
from ancra.sweeps.sweep import CellState
from ancra.web.palette import Palette
from app.figures.sweeps import label
from app.figures.theme import look
from app.figures.traces import scatter

STATES = {
    "none": ("·", "not started"),
    "queued": ("…", "waiting"),
    "running": ("▶", "being trained"),
    "finished": ("✓", "finished"),
    "failed": ("✕", "failed"),
    "cancelled": ("■", "stopped"),
    "lost": ("?", "lost"),
}
"""Every state of a run: the sign in the grid, and in words."""
CELL = 30  # pixels of a cell's side


def grid_chart(states: Sequence[CellState], chosen: str | None, colours: Palette) -> go.Figure:
    """The runs of a sweep: a row a setting, a column a seed, the state by colour and by sign.

    A square's customdata is its cell.
    """
    names = list(dict.fromkeys(label(tuple(state.cell.values.items())) for state in states))
    seeds = sorted({state.cell.seed for state in states})
    paints = {
        "none": colours.grid,
        "queued": colours.muted,
        "running": colours.final,
        "finished": colours.good,
        "failed": colours.bad,
        "cancelled": colours.auxiliary,
        "lost": colours.adversarial,
    }
    traces = []
    for kind, (sign, word) in STATES.items():
        shown = [state for state in states if _kind(state.status) == kind]
        if not shown:
            continue
        ringed = [state.cell.name == chosen for state in shown]
        traces.append(
            scatter(
                x=[state.cell.seed for state in shown],
                y=[label(tuple(state.cell.values.items())) for state in shown],
                name=f"{word} ({len(shown)})",
                mode="markers+text",
                text=sign,
                textfont={"color": colours.text if kind == "none" else colours.background, "size": 14},
                marker={
                    "symbol": "square",
                    "size": CELL - 5,
                    "color": paints[kind],
                    "opacity": 1,
                    "line": {"width": [3 if ring else 0 for ring in ringed], "color": colours.text},
                },
                customdata=[state.cell.name for state in shown],
                hovertext=[_said(state) for state in shown],
                hovertemplate="%{hovertext}<extra></extra>",
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
            )
        )
    layout = look(
        colours,
        height=120 + CELL * len(names),
        uirevision="keep",
        dragmode=False,
        hovermode="closest",
        showlegend=True,
        legend={"itemclick": False, "itemdoubleclick": False, "itemsizing": "trace"},
        xaxis={
            "title": "seed",
            "tickvals": seeds if len(seeds) <= 30 else None,
            "showgrid": False,
            "side": "bottom",
            "range": [min(seeds, default=0) - 0.7, max(len(seeds), 8) - 0.3],
        },
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names[::-1],
            "range": [-0.7, len(names) - 0.3],
            "showgrid": False,
        },
    )
    return go.Figure(traces, layout)


def _kind(status: RunStatus | None) -> str:
    return "none" if status is None else status.state


def _said(state: CellState) -> str:
    """What pointing at a cell tells: which run, its state, epoch and message."""
    who = f"{label(tuple(state.cell.values.items()))}, seed {state.cell.seed}"
    status = state.status
    word = STATES[_kind(status)][1]
    if status is None or status.state == "finished":
        return f"{who}: {word}"
    epoch = f", epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}" if status.state == "running" else ""
    return f"{who}: {word}{epoch}" + (f"<br>{status.message}" if status.message else "")
