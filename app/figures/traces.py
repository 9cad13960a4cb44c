"""The traces of figures, as tables: a figure that is given them builds and validates each once, of objects twice."""

from typing import Any

Trace = dict[str, Any]


def scatter(**given: Any) -> Trace:
    """Points, lines, or areas between them."""
    return {"type": "scatter", **given}


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
