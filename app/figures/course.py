"""How an attack goes on, step by step."""

import numpy as np
import plotly.graph_objects as go

from app.figures.probabilities import softmax
from app.figures.theme import Palette, layout

Array = np.ndarray


def course(logits: Array, auxiliary: Array, label: int, step: int, colours: Palette) -> go.Figure:
    """Probability of the true class at every step, by the final and by the first auxiliary logits.

    Args:
        logits: (S, K) final logits p'. auxiliary: (S, B, K) auxiliary logits, B may be 0.
        step: the step that is marked.
    """
    figure = go.Figure()
    series = [("p' (final)", logits, colours.final, "solid")]
    if auxiliary.shape[1]:
        series.append(("p (first auxiliary)", auxiliary[:, 0], colours.auxiliary, "dash"))
    for name, values, colour, dash in series:
        chance = softmax(values)[:, label]
        figure.add_scatter(
            y=chance,
            name=name,
            mode="lines+markers" if len(chance) <= 12 else "lines",
            line={"color": colour, "width": 3, "dash": dash},
            hovertemplate="step %{x}: %{y:.1%}<extra>" + name + "</extra>",
        )
        figure.add_scatter(
            x=[step], y=[chance[step]], mode="markers", marker={"color": colour, "size": 11},
            showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    figure.add_vline(x=step, line={"color": colours.muted, "width": 1, "dash": "dot"})
    layout(figure, colours, height=210)
    figure.update_yaxes(range=[-0.03, 1.05], tickvals=[0, 0.5, 1], ticktext=["0", "50 %", "100 %"])
    figure.update_xaxes(title="step", range=[-0.4, len(logits) - 0.6])
    return figure
