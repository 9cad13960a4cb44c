"""A page's figure for a paper: the data of a Plotly figure, drawn by matplotlib in column width and a paper's font."""

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from ancra.figure_files import COLUMN, TWO_COLUMNS, figure_bytes, paper_look
from ancra.origin import Origin

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = (go.Scatter, go.Bar, go.Heatmap)
"""What can be drawn; all on one pair of axes."""
MARKS = {
    "circle": "o", "square": "s", "diamond": "D", "cross": "P", "x": "x", "star": "*", "hexagon": "h", "pentagon": "p",
    "triangle-up": "^", "triangle-down": "v",
}  # fmt: skip
DASHES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (8, 3))}
PIXEL = 0.38
"""Points that a pixel of the page becomes, of lines and marks."""
HEIGHT = 185.0
"""Pixels of the page's height that become an inch."""


def on_paper(figure: go.Figure, kind: str, origin: Origin, wide: bool = False) -> bytes:
    """A figure as the content of a PDF, SVG or PNG file.

    Args:
        figure: with the light theme's colours; scatters, bars and heat maps on one pair of axes.
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
    height = min(max((shown.height or 400) / HEIGHT, 1.5), 6.0)
    drawn = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = drawn.subplots()
    across, down = (_Places(figure, name) for name in ("x", "y"))
    base: dict[Any, float] = {}
    for order, trace in enumerate(figure.data):
        if isinstance(trace, go.Heatmap):
            _heatmap(axes, trace, across, down)
        elif isinstance(trace, go.Bar):
            _bars(axes, trace, across, down, base if shown.barmode in ("stack", "relative") else {}, order)
        elif isinstance(trace, go.Scatter):
            _scatter(axes, trace, across, down, order)
        else:
            raise ValueError(f"no {type(trace).__name__} is drawn for a paper")
    for shape in shown.shapes:
        _line(axes, shape)
    _axis(axes, "x", shown.xaxis, across)
    _axis(axes, "y", shown.yaxis, down)
    _legend(drawn, axes, shown, width)
    return drawn


class _Places:
    """Where the values of an axis stand: words get whole numbers in the order in which they come."""

    def __init__(self, figure: go.Figure, name: str) -> None:
        self.words: dict[str, int] = {}
        for trace in figure.data:
            for value in () if trace[name] is None else trace[name]:
                if isinstance(value, str):
                    self.words.setdefault(value, len(self.words))

    def __call__(self, values: Sequence[Any]) -> Any:
        return np.array([self.words[each] if isinstance(each, str) else _number(each) for each in values])


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)


def _scatter(axes: "Axes", trace: go.Scatter, across: _Places, down: _Places, order: int) -> None:
    ys = down(trace.y if trace.y is not None else ())
    xs = across(trace.x) if trace.x is not None else np.arange(len(ys))
    if not len(xs):
        return
    opacity = 1.0 if trace.opacity is None else trace.opacity
    if trace.fill == "toself":
        axes.fill(xs, ys, color=_colour(trace.fillcolor), alpha=opacity if opacity < 1 else None, linewidth=0)
        return
    mode, label = trace.mode or "lines", _plain(trace.name or "")
    colour = _colour(trace.line.color or (trace.marker.color if isinstance(trace.marker.color, str) else None))
    style: dict[str, Any] = {"color": colour, "alpha": opacity, "zorder": 2 + order / 100, "linestyle": "none"}
    if "lines" in mode:
        pixels = 2.0 if trace.line.width is None else trace.line.width
        style |= {"linestyle": DASHES.get(trace.line.dash or "solid", "-"), "linewidth": pixels * PIXEL}
    if "markers" in mode and trace.marker.opacity != 0:
        style |= _mark(trace.marker, colour)
    for which in ("x", "y"):
        error = trace[f"error_{which}"]
        if error.array is not None:
            above = np.asarray(error.array, float)
            below = above if error.arrayminus is None else np.asarray(error.arrayminus, float)
            style |= {f"{which}err": np.abs([below, above])}
    named = label if label and trace.showlegend is not False else None
    axes.errorbar(xs, ys, label=named, elinewidth=0.7, capsize=1.5, capthick=0.7, **style)


def _mark(marker: go.scatter.Marker, colour: str) -> dict[str, Any]:
    symbol = marker.symbol if isinstance(marker.symbol, str) else "circle"
    sizes = marker.size if marker.size is not None else 6
    size = float(np.median(np.asarray(sizes, float))) * PIXEL
    own = _colour(marker.color) if isinstance(marker.color, str) else colour
    style = {"marker": MARKS.get(symbol.removesuffix("-open"), "o"), "markersize": size, "markeredgecolor": own}
    style |= {"markerfacecolor": "white" if symbol.endswith("-open") else own, "markeredgewidth": 0.7}
    return style if marker.opacity is None or not np.isscalar(marker.opacity) else {**style, "alpha": marker.opacity}


def _bars(
    axes: "Axes", trace: go.Bar, across: _Places, down: _Places, base: dict[Any, float], order: int
) -> None:  # fmt: skip
    """Bars; stacked ones begin where ``base`` says, which is told how far they reach."""
    lying = trace.orientation == "h"
    places, lengths = (down(trace.y), across(trace.x)) if lying else (across(trace.x), down(trace.y))
    begins = np.array([base.get(place, 0.0) for place in places])
    base.update(zip(places, begins + lengths, strict=True))
    error = trace.error_x if lying else trace.error_y
    style: dict[str, Any] = {"color": _colour(trace.marker.color), "label": _plain(trace.name or ""), "zorder": 2}
    if error.array is not None:
        above = np.asarray(error.array, float)
        below = above if error.arrayminus is None else np.asarray(error.arrayminus, float)
        style |= {"xerr" if lying else "yerr": np.abs([below, above]), "error_kw": {"elinewidth": 0.7, "capsize": 1.5}}
    width = trace.width if trace.width is not None and np.isscalar(trace.width) else 0.7
    if lying:
        axes.barh(places, lengths, width, left=begins, **style)
    else:
        axes.bar(places, lengths, width, bottom=begins, **style)


def _heatmap(axes: "Axes", trace: go.Heatmap, across: _Places, down: _Places) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    table = np.array([[_number(cell) for cell in row] for row in trace.z])
    xs = across(trace.x) if trace.x is not None else np.arange(table.shape[1])
    ys = down(trace.y) if trace.y is not None else np.arange(table.shape[0])
    stops = [(share, _colour(colour)) for share, colour in trace.colorscale]
    shades = LinearSegmentedColormap.from_list("page", stops)
    mesh = axes.pcolormesh(
        _edges(xs), _edges(ys), table, cmap=shades, vmin=trace.zmin, vmax=trace.zmax, edgecolors="white", linewidth=0.6
    )
    if trace.text is not None and trace.texttemplate:
        for y, row, words in zip(ys, table, trace.text, strict=True):
            for x, value, word in zip(xs, row, words, strict=True):
                red, green, blue, _ = shades(mesh.norm(value)) if np.isfinite(value) else (1, 1, 1, 1)
                dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
                text = axes.text(x, y, _plain(str(word)), ha="center", va="center", fontsize=6)
                text.set(color="white" if dark else "black", parse_math=False)
    if trace.showscale is not False:
        bar = axes.figure.colorbar(mesh, ax=axes, shrink=0.9, pad=0.02)
        bar.outline.set_linewidth(0.5)
        bar.set_label(_plain(trace.colorbar.title.text or ""))


def _edges(places: Any) -> Any:
    """The borders of cells around places (n,): n + 1 of them."""
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middle = (places[1:] + places[:-1]) / 2
    return np.concatenate([[2 * places[0] - middle[0]], middle, [2 * places[-1] - middle[-1]]])


def _line(axes: "Axes", shape: Any) -> None:
    style = {"color": _colour(shape.line.color), "linewidth": 0.7, "zorder": 1}
    style["linestyle"] = DASHES.get(shape.line.dash or "solid", "-")
    if shape.type == "line" and "domain" in str(shape.yref):
        axes.axvline(shape.x0, **style)
    elif shape.type == "line" and "domain" in str(shape.xref):
        axes.axhline(shape.y0, **style)


def _axis(axes: "Axes", name: str, given: Any, places: _Places) -> None:
    """Title, range, ticks and scale of one axis."""
    from matplotlib.ticker import PercentFormatter

    axis = axes.xaxis if name == "x" else axes.yaxis
    bounds, invert = (axes.set_xlim, axes.invert_xaxis) if name == "x" else (axes.set_ylim, axes.invert_yaxis)
    axis.set_label_text(_plain(given.title.text or ""), parse_math=False)
    if given.type == "log":
        (axes.set_xscale if name == "x" else axes.set_yscale)("log")
    if given.tickvals is not None:
        texts = given.ticktext if given.ticktext is not None else [f"{value:g}" for value in given.tickvals]
        axis.set_ticks(list(given.tickvals), [_plain(str(text)) for text in texts])
    elif places.words:
        axis.set_ticks(list(places.words.values()), [_plain(word) for word in places.words])
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
    if given.autorange == "reversed":
        invert()
    if given.showgrid is not False:
        axes.grid(axis=name, color="#e3e5e9", linewidth=0.5)  # type: ignore[arg-type]
        axes.set_axisbelow(True)


def _legend(drawn: "Figure", axes: "Axes", shown: Any, width: float) -> None:
    """One entry a name above the axes, as many beside each other as have room."""
    handles, names = axes.get_legend_handles_labels()
    entries = dict(zip(names, handles, strict=True))
    if shown.showlegend is False or (len(entries) < 2 and not shown.showlegend):
        return
    room = width / (0.35 + 0.062 * max(map(len, entries)))
    legend = drawn.legend(
        entries.values(), entries.keys(), loc="outside upper left", ncols=max(1, min(int(room), len(entries), 5)),
        frameon=False, handlelength=1.6, columnspacing=1.0, borderaxespad=0.1,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)


def _colour(text: Any) -> Any:
    """A colour as matplotlib takes it; Plotly also writes ``rgba(0, 114, 178, 0.2)``."""
    found = re.fullmatch(r"rgba?\(([^)]*)\)", text) if isinstance(text, str) else None
    if found is None:
        return text or "#333333"
    red, green, blue, *alpha = (float(part) for part in found[1].split(","))
    return red / 255, green / 255, blue / 255, *alpha


def _plain(text: str) -> str:
    """A text without Plotly's marks."""
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<br ?/?>", "\n", text)))
