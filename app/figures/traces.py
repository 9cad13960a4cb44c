"""The traces of figures, as tables: a figure that is given them builds and validates each once, of objects twice."""

from collections.abc import Iterable
from typing import Any

Trace = dict[str, Any]


def scatter(**given: Any) -> Trace:
    """Points, lines, or areas between them."""
    return {"type": "scatter", **given}


def band(x: Iterable[Any], low: Iterable[Any], high: Iterable[Any], colour: str, **given: Any) -> Trace:
    """The area between two lines over the same x, without an outline."""
    x, high = list(x), list(high)
    return scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(list(low))],
        fill="toself",
        fillcolor=colour,
        mode="lines",
        line={"width": 0},
        showlegend=False,
        hoverinfo="skip",
        **given,
    )


def bar(**given: Any) -> Trace:
    """Bars."""
    return {"type": "bar", **given}


def heatmap(**given: Any) -> Trace:
    """A colour a cell."""
    return {"type": "heatmap", **given}


def contour(**given: Any) -> Trace:
    """Lines of equal height."""
    return {"type": "contour", **given}


def picture(**given: Any) -> Trace:
    """A picture in colours."""
    return {"type": "image", **given}


def scatter3d(**given: Any) -> Trace:
    """Points in space."""
    return {"type": "scatter3d", **given}


def surface(**given: Any) -> Trace:
    """A landscape."""
    return {"type": "surface", **given}
