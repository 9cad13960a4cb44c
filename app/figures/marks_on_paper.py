"""What stands on one pair of axes of a figure for a paper: lines, marks, bars, heat maps, pictures."""

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "cross": "P",
    "x": "x",
    "star": "*",
    "hexagon": "h",
    "pentagon": "p",
    "triangle-up": "^",
    "triangle-down": "v",
    "x-thin": "x",
}
DASHES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (8, 3))}
PIXEL = 0.38
"""Points that a pixel of the page becomes, of lines and marks."""
CELLS = 16
"""Tables of more rows or columns are pictures, without lines between the cells."""


class Places:
    """Where the values of an axis (``x`` or ``y``) stand: words get whole numbers in the order in which they come."""

    def __init__(self, traces: Sequence[Any], name: str) -> None:
        self.words: dict[str, int] = {}
        for trace in traces:
            if isinstance(trace, go.Image):
                continue
            for value in () if trace[name] is None else trace[name]:
                if isinstance(value, str):
                    self.words.setdefault(value, len(self.words))

    def __call__(self, values: Sequence[Any]) -> Any:
        return np.array([self.words[each] if isinstance(each, str) else as_number(each) for each in values])


def as_number(value: Any) -> float:
    """A value of a figure; NaN where it has none."""
    return np.nan if value is None else float(value)


def scatter(axes: "Axes", trace: go.Scatter, across: Places, down: Places, order: int) -> None:
    """A line, marks or both with their errors, or a filled outline."""
    ys = down(trace.y if trace.y is not None else ())
    xs = across(trace.x) if trace.x is not None else np.arange(len(ys))
    if not len(xs):
        return
    opacity = 1.0 if trace.opacity is None else trace.opacity
    if trace.fill == "toself":
        axes.fill(xs, ys, color=as_colour(trace.fillcolor), alpha=opacity if opacity < 1 else None, linewidth=0)
        return
    mode, label = trace.mode or "lines", plain(trace.name or "")
    colour = as_colour(trace.line.color or (trace.marker.color if isinstance(trace.marker.color, str) else None))
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
    own = as_colour(marker.color) if isinstance(marker.color, str) else colour
    edge = as_colour(marker.line.color) if marker.line.width and isinstance(marker.line.color, str) else own
    style = {"marker": MARKS.get(symbol.removesuffix("-open"), "o"), "markersize": size, "markeredgecolor": edge}
    style |= {"markerfacecolor": "white" if symbol.endswith("-open") else own, "markeredgewidth": 0.7}
    return style if marker.opacity is None or not np.isscalar(marker.opacity) else {**style, "alpha": marker.opacity}


def bars(
    axes: "Axes", trace: go.Bar, across: Places, down: Places, base: dict[Any, float], beside: tuple[int, int] = (0, 1)
) -> None:
    """Bars; stacked ones begin where ``base`` says, which is told how far they reach.

    Args:
        beside: which one of how many that share a place.
    """
    lying = trace.orientation == "h"
    places, lengths = (down(trace.y), across(trace.x)) if lying else (across(trace.x), down(trace.y))
    begins = np.array([base.get(place, 0.0) for place in places])
    base.update(zip(places, begins + lengths, strict=True))
    error = trace.error_x if lying else trace.error_y
    style: dict[str, Any] = {"color": as_colour(trace.marker.color), "label": plain(trace.name or ""), "zorder": 2}
    if error.array is not None:
        above = np.asarray(error.array, float)
        below = above if error.arrayminus is None else np.asarray(error.arrayminus, float)
        style |= {"xerr" if lying else "yerr": np.abs([below, above]), "error_kw": {"elinewidth": 0.7, "capsize": 1.5}}
    width = float(trace.width) if isinstance(trace.width, int | float) else 0.7
    which, many = beside
    places, width = places + (which - (many - 1) / 2) * width / many, width / many
    if lying:
        axes.barh(places, lengths, width, left=begins, **style)
    else:
        axes.bar(places, lengths, width, bottom=begins, **style)


def heatmap(axes: "Axes", trace: go.Heatmap, across: Places, down: Places) -> None:
    """A table of shades, with its words where it has any and a bar that tells the shades."""
    from matplotlib.colors import LinearSegmentedColormap

    table = np.array([[as_number(cell) for cell in row] for row in trace.z])
    xs = across(trace.x) if trace.x is not None else np.arange(table.shape[1])
    ys = down(trace.y) if trace.y is not None else np.arange(table.shape[0])
    stops = [(share, as_colour(colour)) for share, colour in trace.colorscale]
    shades = LinearSegmentedColormap.from_list("page", stops)
    mesh = axes.pcolormesh(
        _edges(xs),
        _edges(ys),
        table,
        cmap=shades,
        vmin=trace.zmin,
        vmax=trace.zmax,
        edgecolors="white" if max(table.shape) <= CELLS else "none",
        linewidth=0.6,
        rasterized=max(table.shape) > CELLS,
    )
    if trace.text is not None and trace.texttemplate:
        for y, row, words in zip(ys, table, trace.text, strict=True):
            for x, value, word in zip(xs, row, words, strict=True):
                red, green, blue, _ = shades(mesh.norm(value)) if np.isfinite(value) else (1, 1, 1, 1)
                dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
                text = axes.text(x, y, plain(str(word)), ha="center", va="center", fontsize=6)
                text.set(color="white" if dark else "black", parse_math=False)
    if trace.showscale is not False:
        bar = axes.figure.colorbar(mesh, ax=axes, shrink=0.9, pad=0.02)
        bar.outline.set_linewidth(0.5)
        bar.set_label(plain(trace.colorbar.title.text or ""))
        if trace.colorbar.tickvals is not None:
            bar.set_ticks(list(trace.colorbar.tickvals), labels=[plain(str(text)) for text in trace.colorbar.ticktext])


def contour(axes: "Axes", trace: go.Contour, across: Places, down: Places) -> None:
    """One line where the values pass a height."""
    line = as_colour(trace.line.color)
    axes.contour(
        across(trace.x),
        down(trace.y),
        np.asarray(trace.z, float),
        levels=[trace.contours.start],
        colors=[line],
        linewidths=trace.line.width * PIXEL,
    )
    if trace.showlegend is not False:
        axes.plot([], [], color=line, label=plain(trace.name or ""))


def picture(axes: "Axes", trace: go.Image) -> None:
    """An image, pixel by pixel."""
    axes.imshow(np.asarray(trace.z, np.uint8), interpolation="nearest")


def _edges(places: Any) -> Any:
    """The borders of cells around places (n,): n + 1 of them."""
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middle = (places[1:] + places[:-1]) / 2
    return np.concatenate([[2 * places[0] - middle[0]], middle, [2 * places[-1] - middle[-1]]])


def as_colour(text: Any) -> Any:
    """A colour as matplotlib takes it; Plotly also writes ``rgba(0, 114, 178, 0.2)``."""
    found = re.fullmatch(r"rgba?\(([^)]*)\)", text) if isinstance(text, str) else None
    if found is None:
        return text or "#333333"
    red, green, blue, *alpha = (float(part) for part in found[1].split(","))
    return red / 255, green / 255, blue / 255, *alpha


def plain(text: str) -> str:
    """A text without Plotly's marks."""
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<br ?/?>", "\n", text)))
