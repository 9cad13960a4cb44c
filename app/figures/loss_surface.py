"""The loss around an image, for several objectives side by side."""

from collections.abc import Sequence
from typing import Literal

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ancra.evaluation.loss_surface import LossSurface, Plane
from ancra.web.palette import Palette
from app.figures.loss_scale import LossScale, loss_scale
from app.figures.theme import layout

FLAT = 0.01
"""A loss that changes by less than this share of another's, while the answer is right, counts as flat beside it."""


def surface_figure(
    surface: LossSurface,
    colours: Palette,
    kind: Literal["3d", "map"] = "3d",
    only: int | None = None,
) -> go.Figure:
    """One plane for each objective, side by side and on one scale: a landscape to turn, or a map from above.

    The landscape is coloured by the model's answer, right or wrong; the map by the loss, with a line where the answer
    changes.

    Args:
        only: draw this one of the planes alone, on the scale that it has among all.
    """
    shown = surface.planes if only is None else (surface.planes[only],)
    return (_landscapes if kind == "3d" else _maps)(surface, shown, colours)


def surface_sentence(surface: LossSurface, classes: Sequence[str]) -> str:
    """What the surfaces show, in plain words: what an attack on each objective has to go by."""
    parts = [f"{_lower(plane.title)} changes by {_number(plane.change_while_correct)}" for plane in surface.planes]
    middle = len(surface.axis) // 2
    if not surface.planes[0].correct[middle, middle]:
        return f"The model does not take this image for a {classes[surface.label]} even without an attack."
    text = f"Where the model still answers {classes[surface.label]}, " + ", and ".join(parts) + "."
    flat = [plane for plane in surface.planes if _is_flat(plane, surface)]
    if not flat:
        return text
    text += f" An attack that climbs {_lower(flat[0].title)} walks on a plateau and learns nothing from it"
    if flat[0].jump > 1:
        return text + f"; yet within reach lies a cliff of {_number(flat[0].jump)}, where the answer flips."
    return text + "; that is no proof that there is nothing to find."


def _is_flat(plane: Plane, surface: LossSurface) -> bool:
    steepest = max(other.change_while_correct for other in surface.planes)
    return steepest > 0.01 and plane.change_while_correct < FLAT * steepest


def _scale(surface: LossSurface) -> LossScale:
    last = surface.planes[-1]
    return loss_scale(last.name, [plane.losses for plane in surface.planes], [last.losses])


def _landscapes(surface: LossSurface, shown: Sequence[Plane], colours: Palette) -> go.Figure:
    count, extent = len(shown), surface.settings.extent
    scale = _scale(surface)
    figure = make_subplots(
        rows=1, cols=count, horizontal_spacing=0.02, specs=[[{"type": "scene"}] * count],
        subplot_titles=[plane.title for plane in shown],
    )  # fmt: skip
    two = [(0, colours.final), (0.5, colours.final), (0.5, colours.adversarial), (1, colours.adversarial)]
    lines = {"show": True, "color": colours.background, "width": 1, "start": -extent, "end": extent, "size": extent / 5}
    axis = {"gridcolor": colours.grid, "color": colours.muted, "showbackground": False, "zeroline": False}
    for column, plane in enumerate(shown, start=1):
        heights = scale.place(plane.losses)
        figure.add_surface(
            x=surface.axis, y=surface.axis, z=heights.T, customdata=plane.losses.T,
            surfacecolor=1.0 - plane.correct.T, cmin=0, cmax=1, colorscale=two, showscale=False,
            contours=dict.fromkeys(("x", "y"), lines),
            hovertemplate="gradient %{x:.2f} ε, random %{y:.2f} ε: loss %{customdata:.4g}<extra></extra>",
            row=1, col=column,
        )  # fmt: skip
        middle = len(surface.axis) // 2
        figure.add_scatter3d(
            x=[0], y=[0], z=[float(heights[middle, middle])], mode="markers", showlegend=False,
            marker={"size": 6, "color": colours.text}, hovertemplate="the image<extra></extra>",
            row=1, col=column,
        )  # fmt: skip
        margin = 0.05 * (scale.high - scale.low)
        figure.update_scenes(
            xaxis={**axis, "title": "gradient"},
            yaxis={**axis, "title": "random"},
            zaxis={**axis, "title": {"text": ""}, "range": [scale.low - margin, scale.high + margin], **scale.ticks},
            aspectmode="manual",
            aspectratio={"x": 1, "y": 1, "z": 0.65},
            camera={"eye": {"x": -1.35, "y": -1.5, "z": 0.88}, "center": {"x": 0, "y": 0, "z": -0.12}},
            row=1,
            col=column,
        )
    for name, colour in (("the answer is right", colours.final), ("wrong", colours.adversarial)):
        figure.add_scatter3d(
            x=[None], y=[None], z=[None], mode="markers", name=name, marker={"size": 8, "color": colour}, row=1, col=1
        )
    layout(figure, colours, height=430, margin={"l": 0, "r": 0, "t": 30, "b": 0})
    return figure.update_layout(legend={"y": 0, "yanchor": "top"})


def _maps(surface: LossSurface, shown: Sequence[Plane], colours: Palette) -> go.Figure:
    count = len(shown)
    scale = _scale(surface)
    figure = make_subplots(
        rows=1, cols=count, horizontal_spacing=0.16 / count * 2, subplot_titles=[p.title for p in shown]
    )
    for column, plane in enumerate(shown, start=1):
        end = figure.layout["xaxis" if column == 1 else f"xaxis{column}"].domain[1] + 0.01
        figure.add_heatmap(
            x=surface.axis, y=surface.axis, z=scale.place(plane.losses).T, customdata=plane.losses.T,
            zmin=scale.low, zmax=scale.high,
            colorscale="Cividis", showscale=column == count,
            colorbar={"thickness": 10, "x": end, "xanchor": "left", **scale.ticks},
            hovertemplate="gradient %{x:.2f} ε, random %{y:.2f} ε: loss %{customdata:.4g}<extra></extra>",
            row=1, col=column,
        )  # fmt: skip
        if plane.correct.any() and not plane.correct.all():
            figure.add_contour(
                x=surface.axis, y=surface.axis, z=plane.correct.T.astype(float),
                contours={"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"},
                line={"color": colours.adversarial, "width": 3}, showscale=False, hoverinfo="skip",
                name="the answer changes", showlegend=column == 1,
                row=1, col=column,
            )  # fmt: skip
        figure.add_scatter(
            x=[0], y=[0], mode="markers",
            marker={"size": 11, "color": "#ffffff", "line": {"color": "#000000", "width": 2}},
            showlegend=False, hovertemplate="the image<extra></extra>",
            row=1, col=column,
        )  # fmt: skip
    layout(figure, colours, height=400, margin={"t": 34})
    figure.update_xaxes(title="gradient direction (ε)", showgrid=False)
    figure.update_yaxes(showgrid=False)
    figure.update_yaxes(title="random direction (ε)", col=1)
    figure.update_layout(legend={"y": -0.2, "yanchor": "top"})
    return figure


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
