"""Points and surfaces in space for a paper, seen from where the page first shows them."""

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from app.figures.marks_on_paper import MARKS, PIXEL, as_colour, as_number, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SOLID = (go.Scatter3d, go.Surface)
"""What is drawn in space."""


def draw_space(drawn: "Figure", figure: go.Figure) -> None:
    """Draw points and surfaces that stand in one space. Raises ValueError for a trace of another kind."""
    axes: Any = drawn.add_subplot(projection="3d", computed_zorder=False)
    for order, trace in enumerate(figure.data):
        if isinstance(trace, go.Surface):
            _surface(axes, trace)
        elif isinstance(trace, go.Scatter3d):
            _points(axes, trace, order)
        else:
            raise ValueError(f"no {type(trace).__name__} is drawn in space for a paper")
    scene = figure.layout.scene
    eye = scene.camera.eye
    axes.view_init(np.degrees(np.arctan2(eye.z, np.hypot(eye.x, eye.y))), np.degrees(np.arctan2(eye.y, eye.x)))
    for name in "xyz":
        _axis(axes, name, scene[f"{name}axis"])
    if scene.aspectmode == "data":
        axes.set_aspect("equal")
    elif scene.aspectratio.x:
        axes.set_box_aspect([scene.aspectratio[name] for name in "xyz"], zoom=0.9)
    for note in figure.layout.annotations:
        axes.set_title(plain(note.text), parse_math=False, pad=0)


def _points(axes: Any, trace: go.Scatter3d, order: int) -> None:
    places = [[as_number(value) for value in trace[name]] for name in "xyz"]
    axes.plot(
        *places,
        linestyle="none",
        marker=MARKS.get(trace.marker.symbol or "circle", "o"),
        markersize=(trace.marker.size or 6) * 1.5 * PIXEL,
        markeredgewidth=0.4,
        color=as_colour(trace.marker.color),
        alpha=trace.marker.opacity,
        zorder=3 + order / 100,
        label=None if trace.showlegend is False else plain(trace.name or ""),
    )


def _surface(axes: Any, trace: go.Surface) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    across, down = np.meshgrid(np.asarray(trace.x, float), np.asarray(trace.y, float))
    shades = LinearSegmentedColormap.from_list(
        "page", [(share, as_colour(colour)) for share, colour in trace.colorscale]
    )
    shares = (np.asarray(trace.surfacecolor, float) - trace.cmin) / (trace.cmax - trace.cmin)
    axes.plot_surface(
        across,
        down,
        np.asarray(trace.z, float),
        facecolors=shades(shares),
        rstride=1,
        cstride=1,
        linewidth=0.1,
        zorder=2,
        shade=True,
    )


def _axis(axes: Any, name: str, given: Any) -> None:
    axis = getattr(axes, f"{name}axis")
    axis.set_pane_color((1, 1, 1, 0))
    axis.set_label_text(plain(given.title.text or ""), parse_math=False)
    if given.showticklabels is False:
        axis.set_ticklabels([])
    if given.tickvals is not None:
        axis.set_ticks(list(given.tickvals), [plain(str(text)) for text in given.ticktext])
    if given.range is not None:
        getattr(axes, f"set_{name}lim")(*given.range)
