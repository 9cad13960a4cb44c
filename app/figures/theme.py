"""The look that all figures share."""

from typing import Any

from ancra.web.palette import Palette

Layout = dict[str, Any]


def look(colours: Palette, height: int, **changes: Any) -> Layout:
    """A figure's layout in the app's look: transparent, tight margins, quiet grid, legend above.

    It is a table because a figure takes one at once; each update of a figure walks all that Plotly knows.

    Args:
        changes: what is different or more, as Plotly calls it; tables are laid over those of the look. Every axis
            that is named in it looks like the two that each figure has.
    """
    size = max(14, colours.least_type)
    grey = {"color": colours.muted, "size": size}
    axis = {
        "gridcolor": colours.grid,
        "zeroline": False,
        "linecolor": colours.grid,
        "automargin": True,
        "tickfont": grey,
        "title": {"font": grey},
    }
    shared = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours.text, "size": size},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": size}},
        "hoverlabel": {"font": {"size": size}},
        **{name: axis for name in ("xaxis", "yaxis", *changes) if name.startswith(("xaxis", "yaxis"))},
    }
    return _laid_over(shared, changes)


def upright(x: float, line: Layout) -> Layout:
    """A line from the bottom to the top of the figure, as a shape."""
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "xref": "x", "yref": "y domain", "line": line}


def _laid_over(below: Layout, above: Layout) -> Layout:
    both = {
        key: _laid_over(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }
    return below | both
