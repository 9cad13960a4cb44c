"""Catastrophic overfitting: a model learns to resist one step of an attack, and nothing else any more.

Source: Wong, Rice and Kolter 2020 ("Fast is better than free", section 5), who tell it by the same sign.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ancra.training.observer import EpochRow

RISE = 0.05
"""How far the accuracy under one step has to have risen for a jump; half of PGD's best is what it has to fall below."""


@dataclass(frozen=True)
class Overfitting:
    """What is known of a run so far: the epoch that stood best against PGD, and whether it has been lost since.

    Attributes:
        constant: the accuracy of the best answer that is the same for all images; robustness begins above it.
        pgd, fgsm: accuracies on the held-out images after the epoch of the highest pgd, 0 to 1.
        epoch: the first epoch after which the sign was seen; 0 for none.
        fallen, risen: its pgd and fgsm accuracy.
    """

    constant: float
    pgd: float = 0.0
    fgsm: float = 0.0
    epoch: int = 0
    fallen: float = 0.0
    risen: float = 0.0

    def after(self, epoch: int, accuracies: Mapping[str, float]) -> "Overfitting":
        """What is known after another epoch, by its ``pgd`` and ``fgsm``; what was seen once stays."""
        pgd, fgsm = accuracies["pgd"], accuracies["fgsm"]
        if self.epoch:
            return self
        if self.pgd > self.constant and pgd < self.pgd / 2 and fgsm >= self.fgsm + RISE:
            return replace(self, epoch=epoch, fallen=pgd, risen=fgsm)
        return replace(self, pgd=pgd, fgsm=fgsm) if pgd > self.pgd else self

    @property
    def sentence(self) -> str:
        """What was seen and what helps; empty where nothing was."""
        if not self.epoch:
            return ""
        return (
            f"Catastrophic overfitting in epoch {self.epoch}: accuracy under one step (FGSM) jumped from "
            f"{self.fgsm:.0%} to {self.risen:.0%} while under PGD it fell from {self.pgd:.0%} to {self.fallen:.0%}, so "
            "the model resists that one step and no other; train with two steps or more, with the start n_fgsm, or "
            "with a lower learning rate."
        )

    def state(self) -> dict[str, Any]:
        """Plain values, from which ``Overfitting(**state)`` is made again."""
        return asdict(self)


def overfitting(rows: Sequence[EpochRow]) -> Overfitting:
    """What a run's rows tell, one an epoch, as ``metrics.jsonl`` holds them; nothing for rows of old runs."""
    found = Overfitting(rows[0].get("constant", 0.0) if rows else 0.0)
    for row in rows:
        if "fgsm" in row and "pgd" in row:
            found = found.after(int(row["epoch"]), row)
    return found
