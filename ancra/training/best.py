"""Which epoch of a run was the best."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ancra.recipe import Recipe
from ancra.training.observer import EpochRow


@dataclass(frozen=True)
class Best:
    """The best epoch so far, by the recipe's validation metric.

    A robust accuracy that a model reaches by giving all images one class says nothing of robustness: up to there, and
    where two epochs are equal, the natural accuracy decides.

    Attributes:
        metric: which accuracy.
        constant: the accuracy of the best answer that is the same for all images.
        epoch: whole epochs done when it was validated; 0 before the first.
        accuracies: its natural, pgd and adaptive accuracy.
    """

    metric: str
    constant: float
    epoch: int = 0
    accuracies: Mapping[str, float] | None = None

    def after(self, epoch: int, accuracies: Mapping[str, float]) -> "Best":
        """The best of this one and another epoch; of equals, the earlier."""
        if self.accuracies is None or self._worth(accuracies) > self._worth(self.accuracies):
            return replace(self, epoch=epoch, accuracies=accuracies)
        return self

    def exhausts(self, recipe: Recipe, epoch: int) -> bool:
        """Whether a run that has done ``epoch`` epochs has waited long enough for a better one."""
        patience = recipe.early_stopping.patience
        return bool(patience) and epoch - self.epoch >= patience

    def state(self) -> dict[str, Any]:
        """Plain values, from which ``Best(**state)`` is made again."""
        return asdict(self)

    def _worth(self, accuracies: Mapping[str, float]) -> tuple[float, float]:
        return max(accuracies[self.metric], self.constant), accuracies["natural"]


def at_chance(row: EpochRow, metric: str) -> bool:
    """Whether the accuracy that tells a run's best epoch is no better than one answer for all images.

    Args:
        row: of the best epoch; ``constant`` is missing in those of old runs, which are never said to be at chance.
    """
    return metric in row and row[metric] <= row.get("constant", -1.0)


def best_row(rows: Sequence[EpochRow], metric: str) -> EpochRow | None:
    """The row of the epoch whose weights a run keeps as its best; None before the first.

    Args:
        rows: one an epoch, in order, as ``metrics.jsonl`` holds them; ``constant`` is missing in those of old runs.
    """
    best, found = None, None
    for row in rows:
        accuracies = {name: row.get(name, 0.0) for name in {metric, "natural"}}
        later = (best or Best(metric, row.get("constant", 0.0))).after(int(row["epoch"]), accuracies)
        best, found = later, (row if later is not best else found)
    return found
