"""What every model's accuracy is without an attack, under PGD, and under the adaptive attack."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from ancra.evaluation.intervals import Accuracy
from ancra.web.palette import Palette
from app.figures.accuracies import accuracies_chart

NAMES = {"natural": "no attack", "pgd": "PGD-40 on p'", "adaptive": "adaptive PGD-40"}


def gap_chart(rows: Sequence[dict[str, Any]], colours: Palette) -> go.Figure:
    """One line a model: three accuracies, the gap between both attacks drawn as a bar.

    Args:
        rows: as ``ancra evaluate --json`` gives them, with ``title``; the first one is drawn on top.
    """
    lines = [(row["title"], {key: Accuracy.told(row, key) for key in NAMES}) for row in rows]
    return accuracies_chart(lines, NAMES, ("pgd", "adaptive"), "accuracy on the test images, %", colours)
