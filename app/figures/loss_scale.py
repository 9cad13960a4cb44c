"""The one scale on which losses around an image are compared, so that flat looks flat and steep looks steep."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ancra.arrays import FloatArray

FLOOR = 1e-7
"""Cross-entropy below the resolution of 32-bit numbers is drawn as 0."""
SPAN = 100
"""A cross-entropy that grows by more than this factor is drawn in powers of ten."""


@dataclass(frozen=True)
class LossScale:
    """Where losses stand.

    Attributes:
        decades: powers of ten, or the losses themselves.
        low, high: the ends; what lies beyond ``high`` is drawn there.
    """

    decades: bool
    low: float
    high: float

    def place(self, losses: FloatArray | float) -> FloatArray:
        """Where losses stand on the scale."""
        return np.minimum(_powers(losses) if self.decades else np.asarray(losses, np.float64), self.high)

    def tilt(self, loss: float, slope: float) -> float:
        """The slope of a loss on the scale."""
        return slope / (max(loss, FLOOR) * np.log(10)) if self.decades else slope

    @property
    def ticks(self) -> dict[str, Any]:
        """What a Plotly axis or colour bar needs to say the losses themselves."""
        if not self.decades:
            return {}
        powers = range(-7, 6, 2)
        return {"tickvals": list(powers), "ticktext": ["0", *(f"10<sup>{power}</sup>" for power in powers[1:])]}


def loss_scale(objective: str, losses: Sequence[FloatArray], deciding: Sequence[FloatArray]) -> LossScale:
    """The scale for losses of one kind.

    Args:
        objective: its name; a cross-entropy is never below 0 and may span many powers of ten.
        losses: all that is drawn.
        deciding: those on the answer that shows the way, which have to be seen: a cliff in another may leave the scale.
    """
    low, high = min(float(part.min()) for part in losses), max(float(part.max()) for part in losses)
    least, most = min(float(part.min()) for part in deciding), max(float(part.max()) for part in deciding)
    if objective.startswith("ce") and most > SPAN * max(least, FLOOR):
        return LossScale(True, float(_powers(low)), max(float(_powers(high)), float(_powers(low)) + 0.5))
    return LossScale(False, low, max(min(high, most + (most - least) / 2), low + 1e-3))


def _powers(losses: FloatArray | float) -> FloatArray:
    return np.log10(np.maximum(np.asarray(losses, np.float64), FLOOR))
