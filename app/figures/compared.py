"""Curves of several runs side by side: smoothed, and those that differ in the seed alone as a mean with a band."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ancra.arrays import FloatArray
from ancra.web.palette import Palette
from app.figures.learning import ACCURACIES, STEP_LOSS, Axes, Line, learning_look, loss_axis, quantity_title, times
from app.figures.traces import Trace, band, scatter

PALE, BAND = 0.28, 0.18


@dataclass(frozen=True, eq=False)
class Curve:
    """One line of a chart.

    Attributes:
        xs: (n,) epochs, or minutes of training. ys: (n,) values as measured; the mean of several runs.
        epochs: (n,) epochs done, with a fraction within one.
        smooth: (n,) the values smoothed, as they are drawn.
        low, high: (n,) the smallest and the largest of the runs, smoothed like them; None for one run.
        runs: how many runs it stands for.
        best: the epoch that is marked by a star.
    """

    name: str
    colour: str
    xs: FloatArray
    ys: FloatArray
    epochs: FloatArray
    smooth: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None
    runs: int = 1
    best: int | None = None


def smoothed(values: FloatArray, weight: float) -> FloatArray:
    """(n,) an exponential moving average, free of the bias of its start (as TensorBoard's); weight 0 changes nothing.

    Raises:
        ValueError: a weight outside of [0, 1).
    """
    if not 0 <= weight < 1:
        raise ValueError(f"a weight in [0, 1) is needed, not {weight}")
    sums = np.array([*accumulate(values, lambda last, value: weight * last + (1 - weight) * value, initial=0.0)][1:])
    return sums / (1 - weight ** np.arange(1, len(values) + 1))


def curves(key: str, lines: Sequence[Line], axes: Axes) -> list[Curve]:
    """The curves of one quantity, a line each, or a group of runs each that differ in the seed alone."""
    single = [curve for line in lines if len((curve := _curve(key, line, axes)).xs)]
    if not axes.by_seed:
        return single
    groups: dict[str, list[Curve]] = {}
    known = {line.name: line for line in lines}
    for curve in single:
        groups.setdefault(known[curve.name].group or curve.name, []).append(curve)
    return [_together(group, [known[each.name] for each in group]) for group in groups.values()]


def overlay(key: str, lines: Sequence[Line], colours: Palette, axes: Axes) -> go.Figure:
    """One quantity of several runs, each in its colour; the legend is the list of the runs beside the chart."""
    traces = [trace for curve in curves(key, lines, axes) for trace in _traces(curve, key, axes)]
    down = loss_axis(colours, axes)
    if key in ACCURACIES:
        down |= {"type": "linear", "rangemode": "normal", "tickformat": ".0%"}
    title = {"text": quantity_title(key), "font": {"size": 15}}
    return go.Figure(traces, learning_look(lines, colours, axes, height=240, yaxis=down, showlegend=False, title=title))


def table(keys: Sequence[str], lines: Sequence[Line], axes: Axes) -> list[dict[str, Any]]:
    """What is drawn as rows, one a curve and point: the value, and where there are any smoothed one and band."""
    rows = []
    for key in keys:
        for curve in curves(key, lines, axes):
            for i in range(len(curve.xs)):
                row = {"run": curve.name, "quantity": key, "epoch": f"{curve.epochs[i]:.6g}"}
                row |= {"minutes": f"{curve.xs[i]:.6g}"} if axes.by_time else {}
                row |= {"value": f"{curve.ys[i]:.6g}"}
                row |= {"smoothed": f"{curve.smooth[i]:.6g}"} if axes.smoothing else {}
                if curve.low is not None and curve.high is not None:
                    row |= {"lowest": f"{curve.low[i]:.6g}", "highest": f"{curve.high[i]:.6g}"}
                    row |= {"runs": str(curve.runs)}
                rows.append(row)
    return rows


def _curve(key: str, line: Line, axes: Axes) -> Curve:
    if key == STEP_LOSS:
        steps = np.array(line.steps, dtype=float).reshape(-1, 2)
        epochs, ys = steps[:, 0], steps[:, 1]
        ends = np.array([0.0, *times(line.rows)])
        # Within an epoch minutes are not recorded: they pass evenly; after the last whole epoch none are known.
        inside = epochs <= len(ends) - 1 if axes.by_time else np.ones(len(epochs), bool)
        epochs, ys = epochs[inside], ys[inside]
        xs = np.interp(epochs, np.arange(len(ends)), ends) if axes.by_time else epochs
        best = None
    else:
        rows, minutes = line.rows, times(line.rows)
        chosen = [index for index, row in enumerate(rows) if key in row]
        epochs = np.array([rows[index]["epoch"] for index in chosen], dtype=float)
        ys = np.array([rows[index][key] for index in chosen], dtype=float)
        xs, best = np.array([minutes[index] for index in chosen]) if axes.by_time else epochs, line.best
    return Curve(line.name, line.colour, xs, ys, epochs, smoothed(ys, axes.smoothing), best=best)


def _together(group: Sequence[Curve], lines: Sequence[Line]) -> Curve:
    """The mean of curves where all of them are known, with a band from the lowest to the highest."""
    if len(group) == 1:
        return group[0]
    every = np.unique(np.concatenate([curve.epochs for curve in group]))
    first, last = max(curve.epochs[0] for curve in group), min(curve.epochs[-1] for curve in group)
    at = every[(every >= first) & (every <= last)]

    def on(name: str) -> FloatArray:
        return np.array([np.interp(at, curve.epochs, getattr(curve, name)) for curve in group])

    smooth = on("smooth")
    seeds = ", ".join(str(line.seed) for line in sorted(lines, key=lambda line: line.seed))
    return replace(
        group[0],
        name=f"{lines[0].title}, seeds {seeds}",
        xs=on("xs").mean(axis=0),
        ys=on("ys").mean(axis=0),
        epochs=at,
        smooth=smooth.mean(axis=0),
        low=smooth.min(axis=0),
        high=smooth.max(axis=0),
        runs=len(group),
        best=None,
    )


def _traces(curve: Curve, key: str, axes: Axes) -> list[Trace]:
    found = []
    number = "%{y:.1%}" if key in ACCURACIES else "%{y:.3g}"
    if curve.low is not None and curve.high is not None:
        found.append(band(curve.xs, curve.low, curve.high, _pale(curve.colour, BAND)))
    if axes.smoothing:
        found.append(
            scatter(
                x=curve.xs,
                y=curve.ys,
                mode="lines",
                line={"color": _pale(curve.colour, PALE), "width": 1.5},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    found.append(
        scatter(
            x=curve.xs,
            y=curve.smooth,
            name=curve.name,
            mode="lines+markers" if len(curve.xs) <= 30 and not axes.smoothing else "lines",
            line={"color": curve.colour, "width": 2.5 if key != STEP_LOSS or axes.smoothing else 1.4},
            customdata=np.round(curve.epochs, 2),
            hovertemplate=f"{number}<extra>{curve.name}, epoch %{{customdata}}</extra>",
        )
    )
    star = np.flatnonzero(curve.epochs == curve.best) if curve.best is not None else np.empty(0, int)
    found.append(
        scatter(
            x=curve.xs[star],
            y=curve.smooth[star],
            mode="markers",
            showlegend=False,
            hoverinfo="skip",
            marker={"symbol": "star", "size": 14, "color": curve.colour},
        )
    )
    return found


def _pale(colour: str, strength: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength})"
