"""A page's figure for a paper: the data of a Plotly figure, drawn by matplotlib in column width and a paper's font."""

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from ancra.figure_files import COLUMN, TWO_COLUMNS, figure_bytes, paper_look
from ancra.origin import Origin
from app.figures import marks_on_paper as marks
from app.figures.marks_on_paper import DASHES, PIXEL, Places, as_colour, plain
from app.figures.space_on_paper import SOLID, draw_space

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 185.0
"""Pixels of the page's height that become an inch."""


def on_paper(figure: go.Figure, kind: str, origin: Origin, wide: bool = False) -> bytes:
    """A figure as the content of a PDF, SVG or PNG file.

    Args:
        figure: with the light theme's colours; scatters, bars, heat maps, contours and images on axes beside and
            below each other, or points and surfaces in space, seen from where the page first shows them.
        wide: over both columns of a paper.

    Raises:
        ValueError: a trace of another kind.
    """
    with paper_look():
        drawn = draw(figure, TWO_COLUMNS if wide else COLUMN)
    return figure_bytes(drawn, kind, origin)


def draw(figure: go.Figure, width: float) -> "Figure":
    """The figure, so many inches wide; to be called and saved within ``paper_look``."""
    from matplotlib.figure import Figure

    shown = figure.layout
    height = min(max((shown.height or 400) / HEIGHT, 2.0), 6.0)
    drawn = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    if any(isinstance(trace, SOLID) for trace in figure.data):
        draw_space(drawn, figure)
    else:
        for (x, y), axes in _grid(figure, drawn).items():
            traces = [trace for trace in figure.data if _pair(trace) == (x, y)]
            across, down = Places(traces, "x"), Places(traces, "y")
            _traces(axes, traces, shown.barmode, across, down)
            for shape in shown.shapes:
                _line(axes, shape)
            _axis(axes, "x", shown[f"xaxis{x[1:]}"], across)
            _axis(axes, "y", shown[f"yaxis{y[1:]}"], down)
            _notes(axes, shown, x, y)
    _legend(drawn, shown, width)
    return drawn


def _pair(trace: Any) -> tuple[str, str]:
    """Which axes a trace stands on, as Plotly names them: x2, y2."""
    return trace.xaxis or "x", trace.yaxis or "y"


def _grid(figure: go.Figure, drawn: "Figure") -> dict[tuple[str, str], "Axes"]:
    """Axes by their names, beside and below each other as they are on the page."""
    for trace in figure.data:
        if not isinstance(trace, go.Scatter | go.Bar | go.Heatmap | go.Contour | go.Image):
            raise ValueError(f"no {type(trace).__name__} is drawn for a paper")
    begins = {pair: (_begin(figure, "x", pair[0]), _begin(figure, "y", pair[1])) for pair in map(_pair, figure.data)}
    lefts, bottoms = sorted({x for x, _ in begins.values()}), sorted({y for _, y in begins.values()}, reverse=True)
    if not begins:
        return {("x", "y"): drawn.subplots()}
    grid = drawn.subplots(len(bottoms), len(lefts), squeeze=False)
    return {pair: grid[bottoms.index(y), lefts.index(x)] for pair, (x, y) in begins.items()}


def _begin(figure: go.Figure, name: str, axis: str) -> float:
    domain = figure.layout[f"{name}axis{axis[1:]}"].domain
    return round(domain[0], 3) if domain else 0.0


def _traces(axes: "Axes", traces: list[Any], barmode: str | None, across: Places, down: Places) -> None:
    base: dict[Any, float] = {}
    bars = [trace for trace in traces if isinstance(trace, go.Bar)]
    for order, trace in enumerate(traces):
        if isinstance(trace, go.Heatmap):
            marks.heatmap(axes, trace, across, down)
        elif isinstance(trace, go.Bar):
            beside = (bars.index(trace), len(bars)) if barmode in (None, "group") else (0, 1)
            marks.bars(axes, trace, across, down, base if barmode in ("stack", "relative") else {}, beside)
        elif isinstance(trace, go.Contour):
            marks.contour(axes, trace, across, down)
        elif isinstance(trace, go.Image):
            marks.picture(axes, trace)
        else:
            marks.scatter(axes, trace, across, down, order)


def _notes(axes: "Axes", shown: Any, x: str, y: str) -> None:
    """Arrows, what stands in the middle of these axes, and the title above them."""
    begin, end = shown[f"xaxis{x[1:]}"].domain or (0.0, 1.0)
    top = (shown[f"yaxis{y[1:]}"].domain or (0.0, 1.0))[1] > 0.99
    for note in shown.annotations:
        if note.showarrow and (note.axref, note.ayref) == (x, y):
            arrow = {"arrowstyle": "-|>", "color": as_colour(note.arrowcolor), "shrinkA": 0, "shrinkB": 0}
            arrow["linewidth"] = (note.arrowwidth or 1) * PIXEL
            axes.annotate("", (note.x, note.y), (note.ax, note.ay), arrowprops=arrow, zorder=4)
        elif note.xref == f"{x} domain" and note.yref == f"{y} domain":
            words = axes.text(note.x, note.y, plain(note.text), ha="center", va="center", transform=axes.transAxes)
            words.set_parse_math(False)
        elif note.xref == note.yref == "paper" and top and begin <= note.x <= end:
            axes.set_title(plain(note.text), parse_math=False)


def _line(axes: "Axes", shape: Any) -> None:
    style = {"color": as_colour(shape.line.color), "linewidth": 0.7, "zorder": 1}
    style["linestyle"] = DASHES.get(shape.line.dash or "solid", "-")
    if shape.type == "line" and "domain" in str(shape.yref):
        axes.axvline(shape.x0, **style)
    elif shape.type == "line" and "domain" in str(shape.xref):
        axes.axhline(shape.y0, **style)
    elif shape.type == "rect" and "domain" in str(shape.yref):
        axes.axvspan(shape.x0, shape.x1, color=as_colour(shape.fillcolor), alpha=shape.opacity, linewidth=0, zorder=0)


def _axis(axes: "Axes", name: str, given: Any, places: Places) -> None:
    """Title, range, ticks and scale of one axis."""
    from matplotlib.ticker import PercentFormatter

    axis = axes.xaxis if name == "x" else axes.yaxis
    bounds, invert = (axes.set_xlim, axes.invert_xaxis) if name == "x" else (axes.set_ylim, axes.invert_yaxis)
    axis.set_label_text(plain(given.title.text or ""), parse_math=False)
    if given.type == "log":
        (axes.set_xscale if name == "x" else axes.set_yscale)("log")
    if given.tickvals is not None:
        texts = given.ticktext if given.ticktext is not None else [f"{value:g}" for value in given.tickvals]
        axis.set_ticks(list(given.tickvals), [plain(str(text)) for text in texts])
    elif places.words:
        axis.set_ticks(list(places.words.values()), [plain(word) for word in places.words])
    elif given.tickformat and given.tickformat.endswith("%"):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if given.showticklabels is False:
        axis.set_ticks([])
    for label in axis.get_ticklabels():
        label.set_parse_math(False)
        if name == "x" and given.tickangle:
            label.set(rotation=-given.tickangle, ha="right", rotation_mode="anchor")
    if given.range is not None:
        low, high = (10.0**end if given.type == "log" else end for end in given.range)
        bounds(low, high)
    elif given.rangemode == "tozero":
        low, high = sorted(axis.get_view_interval())
        bounds(min(0.0, low), max(0.0, high))
    if given.scaleanchor:
        axes.set_aspect("equal")
    if given.autorange == "reversed" and not axis.get_inverted():
        invert()
    if given.showgrid is not False:
        axes.grid(axis=name, color="#e3e5e9", linewidth=0.5)  # type: ignore[arg-type]
        axes.set_axisbelow(True)


def _legend(drawn: "Figure", shown: Any, width: float) -> None:
    """One entry a name above the axes, as many beside each other as have room."""
    entries: dict[str, Any] = {}
    for axes in drawn.axes:
        handles, names = axes.get_legend_handles_labels()
        entries |= dict(zip(names, handles, strict=True))
    if shown.showlegend is False or (len(entries) < 2 and not shown.showlegend):
        return
    room = width / (0.35 + 0.062 * max(map(len, entries)))
    legend = drawn.legend(
        entries.values(),
        entries.keys(),
        loc="outside upper left",
        ncols=max(1, min(int(room), len(entries), 5)),
        frameon=False,
        handlelength=1.6,
        columnspacing=1.0,
        borderaxespad=0.1,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
