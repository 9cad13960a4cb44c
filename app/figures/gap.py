"""What every model's accuracy is without an attack, under PGD, and under the adaptive attack."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from ancra.web.palette import Palette
from app.figures.attackers import ATTACKERS
from app.figures.theme import look
from app.figures.traces import scatter


def gap_chart(rows: Sequence[dict[str, Any]], colours: Palette) -> go.Figure:
    """One line a model: three accuracies with their 95 % intervals, the gap between both attacks drawn as a bar.

    Args:
        rows: as ``ancra evaluate --json`` gives them, with ``title``; the first one is drawn on top.
    """
    titles = [row["title"] for row in rows]
    traces = [
        scatter(
            x=[row["pgd"] * 100, row["adaptive"] * 100],
            y=[row["title"]] * 2,
            mode="lines",
            line={"color": colours.grid, "width": 12},
            showlegend=False,
            hoverinfo="skip",
        )
        for row in rows
    ]
    series = (("natural", "no attack"), ("pgd", "PGD-40 on p'"), ("adaptive", "adaptive PGD-40"))
    for key, name in series:
        colour, symbol = ATTACKERS[key].colour(colours), ATTACKERS[key].symbol
        traces.append(
            scatter(
                x=[row[key] * 100 for row in rows],
                y=titles,
                name=name,
                mode="markers",
                marker={"color": colour, "size": 13, "symbol": symbol, "line": {"width": 2, "color": colour}},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [(row["intervals"][key][1] - row[key]) * 100 for row in rows],
                    "arrayminus": [(row[key] - row["intervals"][key][0]) * 100 for row in rows],
                    "color": colour,
                    "thickness": 1.5,
                    "width": 4,
                },
                hovertemplate="%{y}: %{x:.1f} %<extra>" + name + "</extra>",
            )
        )
    layout = look(
        colours,
        height=90 + 42 * len(rows),
        xaxis={"title": "accuracy on the test images, %", "range": [-3, 103]},
        yaxis={"autorange": "reversed", "showgrid": False},
    )
    return go.Figure(traces, layout)
