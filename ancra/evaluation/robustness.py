"""How many images survive which attack, and the worst case over all attacks, sample by sample."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import nn

from ancra.attacks.pgd import decide, frozen
from ancra.attacks.suite import ATTACKS, WORST_CASE, Threat, run_attack
from ancra.data.dataset import Split
from ancra.errors import AncraError
from ancra.evaluation.intervals import Accuracy
from ancra.settings import Settings
from ancra.store import Store

KIND = "robustness"
HEADLINE = ("pgd", "adaptive")


class RobustnessSettings(Settings):
    """Which images are attacked, and what the attackers may do."""

    split: str = Field("test", pattern="^(train|test)$", description="Which split of the dataset.")
    samples: int | None = Field(None, ge=1, description="A seeded random sample of this size; empty for all images.")
    sample_seed: int = Field(0, ge=0, description="Seed of that sample.")
    threat: Threat = Field(Threat(), description="Epsilon, norm and work of every attack.")
    batch_size: int = Field(256, ge=1, description="Images attacked at once.")


@dataclass(frozen=True)
class Outcome:
    """What one attack did to N images.

    Attributes:
        robust: (N,) bool, answered rightly before and after the attack.
        tried: (N,) bool, attacked at all; false where the image was wrong already, or broken before its turn.
        seconds: how long it took.
    """

    robust: np.ndarray
    tried: np.ndarray
    seconds: float


@dataclass(frozen=True)
class RobustnessReport:
    """The outcomes of several attacks on the same N images of one model.

    Attributes:
        indices: (N,) positions in the split. natural: (N,) bool, answered rightly without an attack.
        outcomes: attack name -> outcome, in the order they ran.
    """

    settings: RobustnessSettings
    indices: np.ndarray
    natural: np.ndarray
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def natural_accuracy(self) -> Accuracy:
        """Natural accuracy."""
        return Accuracy.of(int(self.natural.sum()), len(self.natural))

    def accuracy(self, attack: str) -> Accuracy | None:
        """Robust accuracy under one attack alone; None when images were spared because others had broken them."""
        outcome = self.outcomes.get(attack)
        if outcome is None or (self.natural & ~outcome.tried).any():
            return None
        return Accuracy.of(int(outcome.robust.sum()), len(self.natural))

    @property
    def survivors(self) -> np.ndarray:
        """(N,) bool, images that no attack broke."""
        alive = self.natural.copy()
        for outcome in self.outcomes.values():
            alive &= outcome.robust | ~outcome.tried
        return alive

    @property
    def worst(self) -> Accuracy:
        """Accuracy in the worst case over all attacks, sample by sample: the number to quote."""
        return Accuracy.of(int(self.survivors.sum()), len(self.natural))

    @property
    def first_breaker(self) -> list[str | None]:
        """For each image the attack that broke it first; None where none did or it was wrong from the start."""
        first: list[str | None] = [None] * len(self.natural)
        alive = self.natural.copy()
        for name, outcome in self.outcomes.items():
            broken = alive & outcome.tried & ~outcome.robust
            for index in np.flatnonzero(broken):
                first[index] = name
            alive &= ~broken
        return first

    def rows(self) -> list[dict[str, Any]]:
        """One JSON-able row an attack: its own accuracy (None if images were spared), what it left, its share."""
        rows, alive = [], self.natural.copy()
        for name, outcome in self.outcomes.items():
            broken = alive & outcome.tried & ~outcome.robust
            alive &= ~broken
            own = self.accuracy(name)
            rows.append(
                {
                    "attack": name,
                    "title": ATTACKS[name].title,
                    "accuracy": own.value if own else None,
                    "interval": [own.low, own.high] if own else None,
                    "left": float(alive.mean()),
                    "broken_first": int(broken.sum()),
                    "tried": int(outcome.tried.sum()),
                    "seconds": round(outcome.seconds, 2),
                }
            )
        return rows


def evaluate_robustness(
    model: nn.Module,
    split: Split,
    settings: RobustnessSettings,
    attacks: tuple[str, ...] = (*HEADLINE, *WORST_CASE),
    *,
    alone: tuple[str, ...] = HEADLINE,
    digest: str | None = None,
    store: Store | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> RobustnessReport:
    """Attack a model with a list of attacks.

    Attacks in ``alone`` meet every image that was answered rightly, so their own accuracy is known; the others meet
    only images that are still standing: a broken image is retired at once. Outcomes are kept in ``store`` as they
    come, so an evaluation that was stopped goes on where it was, and a second look costs nothing.

    Args:
        model: any classifier ``x -> logits``. split: the images.
        attacks: names, in order; repeated ones run once.
        digest: the checkpoint's, needed for ``store``.
        on_progress: called with (attack, images done, images in all).

    Raises:
        AncraError: an unknown attack; a model whose logits are not finite; a stored outcome of other images.
    """
    attacks = tuple(dict.fromkeys(attacks))
    for name in attacks:
        ATTACKS[name]
    indices = split.sample(settings.samples, settings.sample_seed)
    natural = _natural(model, split, indices, settings.batch_size)
    report = RobustnessReport(settings, indices.numpy(), natural)
    for name in attacks:
        todo = natural if name in alone else report.survivors
        outcome = _recall(store, digest, settings, name, todo)
        if outcome is None:
            outcome = _run(model, split, indices, todo, name, settings, on_progress)
            if store is not None and digest is not None:
                arrays = {"robust": outcome.robust, "tried": outcome.tried}
                store.put(KIND, digest, settings.digest(), name, arrays=arrays, meta={"seconds": outcome.seconds})
        report.outcomes[name] = outcome
    return report


def stored_report(
    settings: RobustnessSettings, digest: str, natural: np.ndarray, indices: np.ndarray, store: Store
) -> RobustnessReport:
    """What is stored for a model and settings, without running anything."""
    report = RobustnessReport(settings, indices, natural)
    for name in ATTACKS:
        outcome = _recall(store, digest, settings, name, np.zeros(len(natural), dtype=bool))
        if outcome is not None:
            report.outcomes[name] = outcome
    return report


def _recall(
    store: Store | None, digest: str | None, settings: RobustnessSettings, name: str, todo: np.ndarray
) -> Outcome | None:
    """The stored outcome if it covers the images that are to be attacked now."""
    if store is None or digest is None:
        return None
    stored = store.get(KIND, digest, settings.digest(), name)
    if stored is None:
        return None
    outcome = Outcome(stored.arrays["robust"], stored.arrays["tried"], float(stored.meta["seconds"]))
    if len(outcome.robust) != len(todo):
        raise AncraError(
            f"The stored result of {name} rests on {len(outcome.robust)} images, not on {len(todo)}: "
            "it does not fit this checkpoint's data; delete the results folder and evaluate again."
        )
    return None if (todo & ~outcome.tried).any() else outcome


def _natural(model: nn.Module, split: Split, indices: torch.Tensor, batch_size: int) -> np.ndarray:
    device = next(model.parameters()).device
    right = []
    with frozen(model):
        for chosen in indices.split(batch_size):
            images, labels = split.batch(chosen, device)
            right.append((decide(model, images).argmax(dim=1) == labels).cpu())
    return torch.cat(right).numpy()


def _run(
    model: nn.Module,
    split: Split,
    indices: torch.Tensor,
    todo: np.ndarray,
    name: str,
    settings: RobustnessSettings,
    on_progress: Callable[[str, int, int], None] | None,
) -> Outcome:
    device = next(model.parameters()).device
    robust, positions = todo.copy(), torch.from_numpy(np.flatnonzero(todo))
    begin, done = time.perf_counter(), 0
    for chosen in positions.split(settings.batch_size):
        images, labels = split.batch(indices[chosen], device)
        result = run_attack(model, images, labels, name, settings.threat)
        robust[chosen.numpy()] = ~result.success.cpu().numpy()
        done += len(chosen)
        if on_progress:
            on_progress(name, done, len(positions))
    return Outcome(robust, todo.copy(), time.perf_counter() - begin)
