"""Learning curves: losses, accuracies and the learning rate, epoch by epoch, of one run or of several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import plotly.graph_objects as go

from ancra.training.observer import EpochRow
from ancra.web.palette import Palette
from app.figures.attackers import ATTACKERS
from app.figures.theme import Layout, look
from app.figures.traces import Trace, scatter

Rows = Sequence[EpochRow]
# Wong (2011), "Points of view: Color blindness"; lightened for the dark theme.
RUN_COLOURS = {
    False: ("#0072B2", "#D55E00", "#009E73", "#B3559A", "#8A6D00", "#3C9BD0"),
    True: ("#4DA8E0", "#F58A3C", "#2FC49A", "#E090C8", "#E3C53F", "#8CD0F5"),
}
"""One colour a run, by whether the theme is dark."""
STEP_LOSS = "loss_steps"
PARTS = {"natural": "natural", "robust": "robust", "boosted": "boosted CE", "contrast": "contrast"}
QUANTITIES = {
    "adaptive": "Under adaptive PGD",
    "pgd": "Under PGD",
    "fgsm": "Under one step (FGSM)",
    "natural": "No attack",
    "loss": "Loss",
    STEP_LOSS: "Loss, step by step",
    **{f"loss/{part}": f"Loss: {name}" for part, name in PARTS.items()},
    "learning_rate": "Learning rate",
    "epsilon": "Epsilon",
}
ACCURACIES = ("adaptive", "pgd", "fgsm", "natural")


@dataclass(frozen=True)
class Line:
    """One run on a chart.

    Attributes:
        best: the epoch that is marked by a star, None for none.
        epochs: how many the run is to have, which the axis shows; 0 for as many as there are rows.
        steps: (epochs done, loss) within the epochs.
        group: what runs that differ in the seed alone share; empty for a run that is drawn alone.
        seed: the run's. title: the run without what tells it from others of its group.
    """

    name: str
    rows: Rows
    colour: str
    best: int | None = None
    epochs: int = 0
    steps: Sequence[tuple[float, float]] = ()
    group: str = ""
    seed: int = 0
    title: str = ""

    def renamed(self, name: str) -> "Line":
        """The same line under another name."""
        return replace(self, name=name)


@dataclass(frozen=True)
class Axes:
    """How curves are drawn.

    Attributes:
        log: losses and rates on a logarithmic axis.
        by_time: against minutes of training instead of epochs.
        smoothing: the weight in [0, 1) of what came before; 0 draws what was measured.
        by_seed: runs that differ in the seed alone as their mean with a band.
    """

    log: bool = False
    by_time: bool = False
    smoothing: float = 0.0
    by_seed: bool = False


def quantities(lines: Sequence[Line]) -> list[str]:
    """What these runs have measured, in the order of ``QUANTITIES``, then anything else that is a loss."""
    found = {key for line in lines for row in line.rows[-1:] for key in row}
    found |= {STEP_LOSS for line in lines if line.steps}
    others = sorted(key for key in found if key.startswith("loss/") and key not in QUANTITIES)
    return [key for key in (*QUANTITIES, *others) if key in found]


def quantity_title(key: str) -> str:
    """What a curve shows."""
    return QUANTITIES.get(key, f"Loss: {key.removeprefix('loss/')}")


def accuracies(line: Line, colours: Palette, axes: Axes) -> go.Figure:
    """Accuracies on the held-out images after each epoch: without an attack, under PGD, adaptive PGD and FGSM."""
    traces = []
    for key, attacker in ATTACKERS.items():
        if any(key in row for row in line.rows):
            traces += _curve(line, key, attacker.name, attacker.colour(colours), attacker.dash, axes)
    share = {"range": [-0.03, 1.05], "tickvals": [0, 0.5, 1], "ticktext": ["0", "50 %", "100 %"]}
    return go.Figure(traces, learning_look([line], colours, axes, height=340, yaxis=share))


def losses(line: Line, colours: Palette, axes: Axes) -> go.Figure:
    """The whole loss and its parts, unweighted, as means over each epoch."""
    traces: list[Trace] = []
    tints = {"natural": colours.natural, "robust": colours.adversarial, "boosted": colours.good}
    tints["contrast"] = colours.auxiliary
    if line.steps and not axes.by_time:
        traces.append(
            scatter(
                x=[at for at, _ in line.steps],
                y=[loss for _, loss in line.steps],
                name="at each step",
                mode="lines",
                line={"color": colours.muted, "width": 1.2},
                hovertemplate="%{y:.3g}<extra>step</extra>",
            )
        )
    traces += _curve(line, "loss", "whole loss", colours.text, "solid", axes)
    for key in line.rows[-1] if line.rows else ():
        if key.startswith("loss/"):
            part = key.removeprefix("loss/")
            traces += _curve(line, key, PARTS.get(part, part), tints.get(part, colours.muted), "dash", axes)
    return go.Figure(traces, learning_look([line], colours, axes, height=200, yaxis=loss_axis(colours, axes)))


def _curve(line: Line, key: str, name: str, colour: str, dash: str, axes: Axes) -> list[Trace]:
    rows = [row for row in line.rows if key in row]
    number = "%{y:.1%}" if key in ACCURACIES else "%{y:.3g}"
    xs, ys = times(rows) if axes.by_time else [row["epoch"] for row in rows], [row[key] for row in rows]
    curve = scatter(
        x=xs,
        y=ys,
        name=name,
        mode="lines+markers" if len(rows) <= 30 else "lines",
        line={"color": colour, "width": 2.5, "dash": dash},
        customdata=[row["epoch"] for row in rows],
        hovertemplate=f"{number}<extra>{name}, epoch %{{customdata}}</extra>",
    )
    stars = [index for index, row in enumerate(rows) if row["epoch"] == line.best]
    star = scatter(
        x=[xs[index] for index in stars],
        y=[ys[index] for index in stars],
        mode="markers",
        marker={"symbol": "star", "size": 14, "color": colour},
        showlegend=False,
        hoverinfo="skip",
    )
    return [curve, star]


def learning_look(lines: Sequence[Line], colours: Palette, axes: Axes, height: int, **changes: Any) -> Layout:
    """The layout that all learning curves share."""
    last = max((row["epoch"] for line in lines for row in line.rows), default=1)
    last = max(last, *(line.epochs for line in lines))
    across: Layout = {"title": "epoch", "range": [0, last + 0.5], "tickformat": "d", "nticks": min(last, 8) + 1}
    if axes.by_time:
        across = {"title": "minutes of training", "rangemode": "tozero"}
    return look(colours, height=height, hovermode="x unified", uirevision="keep", xaxis=across, **changes)


def loss_axis(colours: Palette, axes: Axes) -> Layout:
    """The axis of losses and rates, logarithmic or from 0."""
    if axes.log:
        return {"type": "log", "dtick": 1, "minor": {"showgrid": True, "gridcolor": colours.grid}}
    return {"rangemode": "tozero"}


def times(rows: Rows) -> list[float]:
    """Minutes of training behind each epoch."""
    return [seconds / 60 for seconds in accumulate(float(row.get("seconds", 0)) for row in rows)]
