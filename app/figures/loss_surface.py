"""The loss around an image, for several objectives side by side."""

from collections.abc import Sequence
from typing import Literal

import plotly.graph_objects as go

from ancra.evaluation.loss_surface import LossSurface, Plane
from ancra.web.palette import Palette
from app.figures.loss_scale import LossScale, loss_scale
from app.figures.subplots import spans, suffix, titles
from app.figures.theme import Layout, look
from app.figures.traces import contour, heatmap, scatter, scatter3d
from app.figures.traces import surface as landscape

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
    extent, scale = surface.settings.extent, _scale(surface)
    across, traces = spans(len(shown), gap=0.02), []
    two = [(0, colours.final), (0.5, colours.final), (0.5, colours.adversarial), (1, colours.adversarial)]
    lines = {"show": True, "color": colours.background, "width": 1, "start": -extent, "end": extent, "size": extent / 5}
    for column, plane in enumerate(shown):
        heights, scene = scale.place(plane.losses), f"scene{suffix(column)}"
        traces.append(
            landscape(
                x=surface.axis,
                y=surface.axis,
                z=heights.T,
                customdata=plane.losses.T,
                surfacecolor=1.0 - plane.correct.T,
                cmin=0,
                cmax=1,
                colorscale=two,
                showscale=False,
                contours=dict.fromkeys(("x", "y"), lines),
                hovertemplate="gradient %{x:.2f} ε, random %{y:.2f} ε: loss %{customdata:.4g}<extra></extra>",
                scene=scene,
            )
        )
        middle = len(surface.axis) // 2
        traces.append(
            scatter3d(
                x=[0],
                y=[0],
                z=[float(heights[middle, middle])],
                mode="markers",
                showlegend=False,
                marker={"size": 6, "color": colours.text},
                hovertemplate="the image<extra></extra>",
                scene=scene,
            )
        )
    for name, colour in (("the answer is right", colours.final), ("wrong", colours.adversarial)):
        marker = {"size": 8, "color": colour}
        traces.append(scatter3d(x=[None], y=[None], z=[None], mode="markers", name=name, marker=marker, scene="scene"))
    layout = look(
        colours,
        height=430,
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
        legend={"y": 0, "yanchor": "top"},
        annotations=titles([plane.title for plane in shown], across),
        **{f"scene{suffix(column)}": _scene(span, scale, colours) for column, span in enumerate(across)},
    )
    return go.Figure(traces, layout)


def _scene(across: list[float], scale: LossScale, colours: Palette) -> Layout:
    axis = {"gridcolor": colours.grid, "color": colours.muted, "showbackground": False, "zeroline": False}
    margin = 0.05 * (scale.high - scale.low)
    return {
        "domain": {"x": across, "y": [0.0, 1.0]},
        "xaxis": {**axis, "title": "gradient"},
        "yaxis": {**axis, "title": "random"},
        "zaxis": {**axis, "title": {"text": ""}, "range": [scale.low - margin, scale.high + margin], **scale.ticks},
        "aspectmode": "manual",
        "aspectratio": {"x": 1, "y": 1, "z": 0.65},
        "camera": {"eye": {"x": -1.35, "y": -1.5, "z": 0.88}, "center": {"x": 0, "y": 0, "z": -0.12}},
    }


def _maps(surface: LossSurface, shown: Sequence[Plane], colours: Palette) -> go.Figure:
    count, scale = len(shown), _scale(surface)
    across, traces = spans(count, gap=0.16 / count * 2), []
    axes: Layout = {}
    for column, plane in enumerate(shown):
        name, span = suffix(column), across[column]
        on = {"xaxis": f"x{name}", "yaxis": f"y{name}"}
        side = {"title": "random direction (ε)"} if column == 0 else {}
        axes |= {
            f"xaxis{name}": {
                "anchor": f"y{name}",
                "domain": span,
                "title": "gradient direction (ε)",
                "showgrid": False,
            },
            f"yaxis{name}": {"anchor": f"x{name}", "domain": [0.0, 1.0], "showgrid": False, **side},
        }
        traces.append(
            heatmap(
                x=surface.axis,
                y=surface.axis,
                z=scale.place(plane.losses).T,
                customdata=plane.losses.T,
                zmin=scale.low,
                zmax=scale.high,
                colorscale="Cividis",
                showscale=column == count - 1,
                colorbar={"thickness": 10, "x": span[1] + 0.01, "xanchor": "left", **scale.ticks},
                hovertemplate="gradient %{x:.2f} ε, random %{y:.2f} ε: loss %{customdata:.4g}<extra></extra>",
                **on,
            )
        )
        if plane.correct.any() and not plane.correct.all():
            traces.append(
                contour(
                    x=surface.axis,
                    y=surface.axis,
                    z=plane.correct.T.astype(float),
                    contours={"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"},
                    line={"color": colours.adversarial, "width": 3},
                    showscale=False,
                    hoverinfo="skip",
                    name="the answer changes",
                    showlegend=column == 0,
                    **on,
                )
            )
        traces.append(
            scatter(
                x=[0],
                y=[0],
                mode="markers",
                marker={"size": 11, "color": "#ffffff", "line": {"color": "#000000", "width": 2}},
                showlegend=False,
                hovertemplate="the image<extra></extra>",
                **on,
            )
        )
    layout = look(
        colours,
        height=400,
        margin={"t": 34},
        legend={"y": -0.2, "yanchor": "top"},
        annotations=titles([plane.title for plane in shown], across),
        **axes,
    )
    return go.Figure(traces, layout)


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
