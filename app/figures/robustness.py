"""The figures of the Robustness page: the drop to the worst case, accuracy against epsilon, transfer."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ancra.arrays import FloatArray
from ancra.evaluation.curves import Curves
from ancra.evaluation.tables import TableRow, headings
from ancra.web.palette import Palette
from app.figures.accuracies import accuracies_chart
from app.figures.attackers import attacker_tints
from app.figures.theme import look
from app.figures.traces import Trace, band, heatmap, scatter

SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "star", "cross", "triangle-down", "hexagon", "pentagon")
CURVE_TITLES = {"pgd": "PGD-40 on p'", "adaptive": "Adaptive PGD-40", "worst": "Worst case"}


def short(title: str) -> str:
    """A title that fits an axis."""
    return title.replace("Natural + reverse attention", "Natural + RA").replace(" reverse attention", " RA")


def drop_chart(rows: Sequence[TableRow], colours: Palette) -> go.Figure:
    """One line a model: from PGD on p' down to the worst case, a thick bar between them.

    Args:
        rows: the first one is drawn on top; those without PGD or a worst case are left out.
    """
    shown = [row for row in rows if row.drop is not None]
    pgd = headings(shown[0].steps if shown else 40)["pgd"]
    names = {"natural": "no attack", "pgd": f"{pgd} on p'", "adaptive": f"adaptive {pgd}", "worst": "worst case"}
    lines = [(short(row.title), row.cells) for row in shown]
    return accuracies_chart(lines, names, ("pgd", "worst"), "accuracy, %", colours)


def curves_chart(curves: Mapping[str, Curves], attack: str, colours: Palette) -> go.Figure:
    """Accuracy against epsilon under one attack, one line a model (by its title)."""
    traces = [
        _curve(one, attack, short(title), colours.class_colour(index), SYMBOLS[index % len(SYMBOLS)])
        for index, (title, one) in enumerate(curves.items())
    ]
    return _against_epsilon(traces, colours, 430)


def model_curves_chart(curves: Curves, colours: Palette) -> go.Figure:
    """Accuracy of one model against epsilon under each attack, with 95 % bands."""
    traces = []
    tints = attacker_tints(colours)
    for index, (attack, title) in enumerate(CURVE_TITLES.items()):
        accuracies = curves.accuracies(attack)
        low, high = [100 * each.low for each in accuracies], [100 * each.high for each in accuracies]
        traces += [
            band(curves.epsilons, low, high, tints[attack], opacity=0.15),
            _curve(curves, attack, title, tints[attack], SYMBOLS[index]),
        ]
    return _against_epsilon(traces, colours, 330)


def transfer_chart(titles: Sequence[str], matrix: FloatArray, colours: Palette) -> go.Figure:
    """Heat map: images crafted on the row, tried on the column. (M, M) accuracies, NaN where not tried.

    The lower a cell, the more of the column's answers the row's images break.
    """
    names = [short(title) for title in titles]
    light = "#4DA8E0" if colours.dark else "#F4F8FC"
    scale = [[0.0, colours.adversarial], [0.5, "#8A6A55" if colours.dark else "#F6D9BF"], [1.0, light]]
    percent = 100 * matrix
    cells = heatmap(
        z=percent,
        x=names,
        y=names,
        zmin=0,
        zmax=100,
        colorscale=scale,
        text=[["" if np.isnan(cell) else f"{cell:.0f}" for cell in row] for row in percent],
        texttemplate="%{text}",
        textfont={"size": 14},
        hovertemplate="crafted on %{y}<br>tried on %{x}<br>accuracy %{z:.1f} %<extra></extra>",
        showscale=False,
        xgap=2,
        ygap=2,
    )
    layout = look(
        colours,
        # Names that stand aslant take the height of six pixels a letter.
        height=100 + 38 * len(names) + max(90, *(7 * len(name) for name in names)),
        xaxis={"title": "tried on", "tickangle": -55, "showgrid": False, "side": "bottom"},
        yaxis={"title": "crafted on", "autorange": "reversed", "showgrid": False},
    )
    return go.Figure([cells], layout)


def _curve(curves: Curves, attack: str, name: str, colour: str, symbol: str) -> Trace:
    return scatter(
        x=list(curves.epsilons),
        y=[100 * each.value for each in curves.accuracies(attack)],
        name=name,
        mode="lines+markers",
        line={"color": colour, "width": 2.5},
        marker={"symbol": symbol, "size": 8},
        hovertemplate="epsilon %{x:.3g}: %{y:.1f} %<extra>" + name + "</extra>",
    )


def _against_epsilon(traces: list[Trace], colours: Palette, height: int) -> go.Figure:
    across = {"title": "epsilon", "rangemode": "tozero"}
    return go.Figure(traces, look(colours, height, xaxis=across, yaxis={"title": "accuracy, %", "range": [-3, 103]}))
