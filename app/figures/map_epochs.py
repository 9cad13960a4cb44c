"""The measures of a run's maps over its epochs."""

from collections.abc import Mapping

import plotly.graph_objects as go

from ancra.maps.model_map import ModelMap
from ancra.web.palette import Palette
from app.figures.theme import look
from app.figures.traces import scatter

LINES = (
    ("Silhouette by true class, natural", "silhouette_true", 0),
    ("Silhouette by true class, under attack", "silhouette_true", -1),
    ("Silhouette by predicted class, under attack", "silhouette_predicted", -1),
)


def separation(maps: Mapping[int, ModelMap], colours: Palette) -> go.Figure:
    """How the classes come apart: silhouettes in the full feature space after each epoch."""
    traces = []
    for (name, key, row), colour in zip(LINES, (colours.natural, colours.adversarial, colours.auxiliary), strict=True):
        values = [one.measures[row].get(key) for one in maps.values()]
        line = {"color": colour, "width": 2}
        traces.append(scatter(x=list(maps), y=values, name=name, mode="lines+markers", line=line))
    layout = look(
        colours,
        height=300,
        xaxis={"title": "epoch", "tickformat": "d", "dtick": max(1, len(maps) // 10)},
        yaxis={"title": "silhouette"},
    )
    return go.Figure(traces, layout)
