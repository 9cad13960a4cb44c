"""Learning curves: losses and accuracies, epoch by epoch."""

from typing import Any

import plotly.graph_objects as go

from app.figures.theme import Palette, layout

Rows = list[dict[str, Any]]
PARTS = {"natural": "natural", "robust": "robust", "boosted": "boosted CE", "contrast": "contrast"}


def accuracies(rows: Rows, epochs: int, colours: Palette) -> go.Figure:
    """Natural accuracy, and robust accuracy under PGD and adaptive PGD, on the held-out images after each epoch."""
    figure = go.Figure()
    for key, name, colour, dash in (
        ("natural", "natural", colours.natural, "solid"),
        ("pgd", "PGD", colours.final, "solid"),
        ("adaptive", "adaptive PGD", colours.adversarial, "dash"),
    ):
        _line(figure, rows, key, name, colour, dash, "%{y:.1%}")
    _finish(figure, epochs, colours)
    figure.update_yaxes(range=[-0.03, 1.05], tickvals=[0, 0.5, 1], ticktext=["0", "50 %", "100 %"])
    return figure


def losses(rows: Rows, epochs: int, colours: Palette) -> go.Figure:
    """The whole loss and its parts, unweighted, as means over each epoch."""
    figure = go.Figure()
    tints = {"natural": colours.natural, "robust": colours.adversarial, "boosted": colours.good}
    tints["contrast"] = colours.auxiliary
    _line(figure, rows, "loss", "whole loss", colours.text, "solid", "%{y:.3g}")
    for key in rows[0] if rows else ():
        if key.startswith("loss/"):
            part = key.removeprefix("loss/")
            _line(figure, rows, key, PARTS.get(part, part), tints.get(part, colours.muted), "dash", "%{y:.3g}")
    _finish(figure, epochs, colours)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _line(figure: go.Figure, rows: Rows, key: str, name: str, colour: str, dash: str, number: str) -> None:
    figure.add_scatter(
        x=[row["epoch"] for row in rows],
        y=[row.get(key) for row in rows],
        name=name,
        mode="lines+markers" if len(rows) <= 30 else "lines",
        line={"color": colour, "width": 2.5, "dash": dash},
        hovertemplate=f"epoch %{{x}}: {number}<extra>{name}</extra>",
    )


def _finish(figure: go.Figure, epochs: int, colours: Palette) -> None:
    layout(figure, colours, height=260)
    figure.update_layout(hovermode="x unified", uirevision="keep")
    figure.update_xaxes(title="epoch", range=[0.5, epochs + 0.5], tickformat="d", nticks=min(epochs, 8) + 1)
