"""Class probabilities before and after an attack."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.figures.theme import Palette, layout

Array = np.ndarray


def softmax(logits: Array) -> Array:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def probability_bars(
    rows: list[tuple[str, Array | None, Array | None]], classes: tuple[str, ...], label: int, colours: Palette
) -> go.Figure:
    """Bars of each class, natural beside adversarial, one row of bars for each kind of logits.

    Args:
        rows: (title, natural logits (K,), adversarial logits (K,)); None for logits that the model does not have.
        label: the true class, printed in bold.
    """
    titles = [title for title, _, _ in rows]
    figure = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.3, subplot_titles=titles)
    ticks = [f"<b>{name}</b>" if index == label else name for index, name in enumerate(classes)]
    for row, (_, before, after) in enumerate(rows, start=1):
        for name, logits, colour in (("natural", before, colours.natural), ("attacked", after, colours.adversarial)):
            figure.add_bar(
                x=ticks,
                y=np.zeros(len(ticks)) if logits is None else softmax(logits),
                name=name,
                legendgroup=name,
                showlegend=row == 1,
                marker_color=colour,
                hovertemplate="%{x}: %{y:.1%}<extra>" + name + "</extra>",
                row=row,
                col=1,
            )
    layout(figure, colours, height=70 + 165 * len(rows), bargap=0.25, bargroupgap=0.05)
    figure.update_layout(legend={"x": 1, "xanchor": "right", "y": 1.0 + 0.14 / len(rows)}, margin={"t": 34})
    figure.update_yaxes(range=[0, 1.02], tickvals=[0, 0.5, 1], ticktext=["0", "50 %", "100 %"])
    figure.update_xaxes(type="category", showgrid=False, showticklabels=True)
    figure.update_annotations(font_size=14, x=0, xanchor="left")
    return figure
