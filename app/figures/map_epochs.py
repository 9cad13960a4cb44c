"""The measures of a run's maps over its epochs."""

from collections.abc import Mapping

import plotly.graph_objects as go

from ancra.maps.model_map import ModelMap
from ancra.web.palette import Palette
from app.figures.theme import layout

LINES = (
    ("Silhouette by true class, natural", "silhouette_true", 0),
    ("Silhouette by true class, under attack", "silhouette_true", -1),
    ("Silhouette by predicted class, under attack", "silhouette_predicted", -1),
)


def separation(maps: Mapping[int, ModelMap], colours: Palette) -> go.Figure:
    """How the classes come apart: silhouettes in the full feature space after each epoch."""
    figure = go.Figure()
    for (name, key, row), colour in zip(LINES, (colours.natural, colours.adversarial, colours.auxiliary), strict=True):
        values = [one.measures[row].get(key) for one in maps.values()]
        figure.add_scatter(x=list(maps), y=values, name=name, mode="lines+markers", line={"color": colour, "width": 2})
    layout(figure, colours, height=300)
    figure.update_xaxes(title="epoch", tickformat="d", dtick=max(1, len(maps) // 10))
    figure.update_yaxes(title="silhouette")
    return figure
