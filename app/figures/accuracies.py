"""Accuracies of models under several attackers, with their intervals: a line a model, a point an attacker."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ancra.evaluation.intervals import Accuracy
from ancra.web.palette import Palette
from app.figures.attackers import ATTACKERS
from app.figures.theme import look
from app.figures.traces import scatter


def accuracies_chart(
    lines: Sequence[tuple[str, Mapping[str, Accuracy | None]]],
    names: Mapping[str, str],
    gap: tuple[str, str],
    axis: str,
    colours: Palette,
) -> go.Figure:
    """A thick bar between two attackers' accuracies, all attackers' points on it; 95 % intervals as thin lines.

    Args:
        lines: models' titles and their accuracies, as ``ATTACKERS`` calls them; the first one is drawn on top.
        names: which attackers are drawn, and what the legend calls them. gap: between which two the bar lies.
        axis: what the accuracies are, in %.
    """
    traces = [
        scatter(
            x=[100 * each.value if (each := accuracies[key]) else 0.0 for key in gap],
            y=[title] * 2,
            mode="lines",
            line={"color": colours.grid, "width": 12},
            showlegend=False,
            hoverinfo="skip",
        )
        for title, accuracies in lines
    ]
    for key, name in names.items():
        colour, symbol = ATTACKERS[key].colour(colours), ATTACKERS[key].symbol
        there = [(title, each) for title, accuracies in lines if (each := accuracies[key])]
        traces.append(
            scatter(
                x=[100 * each.value for _, each in there],
                y=[title for title, _ in there],
                name=name,
                mode="markers",
                marker={"color": colour, "size": 13, "symbol": symbol, "line": {"width": 2, "color": colour}},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [100 * (each.high - each.value) for _, each in there],
                    "arrayminus": [100 * (each.value - each.low) for _, each in there],
                    "color": colour,
                    "thickness": 1.5,
                    "width": 4,
                },
                hovertemplate="%{y}: %{x:.1f} %<extra>" + name + "</extra>",
            )
        )
    layout = look(
        colours,
        height=100 + 41 * len(lines),
        xaxis={"title": axis, "range": [-3, 103]},
        yaxis={"autorange": "reversed", "showgrid": False},
    )
    return go.Figure(traces, layout)
