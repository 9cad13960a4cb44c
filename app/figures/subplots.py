"""Axes beside and below each other in one figure."""

from collections.abc import Sequence

from app.figures.theme import Layout


def spans(count: int, gap: float) -> list[list[float]]:
    """Where so many equal parts of a figure's width or height begin and end, with a gap between two."""
    each = (1 - gap * (count - 1)) / count
    return [[begin, begin + each] for begin in (sum([each] * at) + at * gap for at in range(count))]


def suffix(index: int) -> str:
    """How Plotly numbers axes and scenes: the first has no number."""
    return "" if index == 0 else str(index + 1)


def titles(texts: Sequence[str], columns: Sequence[Sequence[float]]) -> list[Layout]:
    """A title above each column, as annotations."""
    return [
        {
            "text": text,
            "x": sum(column) / 2,
            "y": 1.0,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "center",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 16},
        }
        for text, column in zip(texts, columns, strict=True)
    ]
