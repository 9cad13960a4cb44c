"""How many images survive which attack, and the worst case over all attacks, sample by sample."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from ancra.arrays import BoolArray, IntArray
from ancra.attacks.door import check_classes
from ancra.attacks.suite import ATTACKS, WORST_CASE, run_attack
from ancra.attacks.verdict import decide, frozen
from ancra.checkpoints import Card
from ancra.data.dataset import Split
from ancra.data.digest import fingerprint
from ancra.device import device_of
from ancra.errors import AncraError
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.lookup import misfit, read_stored
from ancra.evaluation.settings import EvaluationSettings
from ancra.evaluation.subject import Subject, settings_of, subjects_of
from ancra.progress import OnProgress, subprogress
from ancra.store import Store, Stored

KIND = "robustness"
NATURAL = "natural"
WORST = "worst"
HEADLINE = ("pgd", "adaptive")


@dataclass(frozen=True)
class Outcome:
    """What one attack did to N images.

    Attributes:
        robust: (N,) bool, answered rightly before and after the attack.
        tried: (N,) bool, attacked at all; false where the image was wrong already, or broken before its turn.
        seconds: how long it took.
    """

    robust: BoolArray
    tried: BoolArray
    seconds: float


@dataclass(frozen=True)
class RobustnessReport:
    """The outcomes of several attacks on the same N images of one model.

    Attributes:
        indices: (N,) positions in the split. natural: (N,) bool, answered rightly without an attack.
        outcomes: attack name -> outcome, in the order they ran.
    """

    settings: EvaluationSettings
    indices: IntArray
    natural: BoolArray
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
    def survivors(self) -> BoolArray:
        """(N,) bool, images that no attack broke."""
        alive = self.natural.copy()
        for outcome in self.outcomes.values():
            alive &= outcome.robust | ~outcome.tried
        return alive

    @property
    def worst(self) -> Accuracy:
        """Accuracy in the worst case over all attacks, sample by sample: the number to quote."""
        return Accuracy.of(int(self.survivors.sum()), len(self.natural))

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

    def row(self) -> dict[str, Any]:
        """A flat JSON-able row: fractions and intervals, the settings, and every attack in detail.

        The worst case is among them when there were more attacks than the two that every evaluation includes.
        """
        own = {name: accuracy for name in self.outcomes if (accuracy := self.accuracy(name)) is not None}
        measures = {NATURAL: self.natural_accuracy, **own}
        if set(self.outcomes) - set(HEADLINE):
            measures[WORST] = self.worst
        return {
            "samples": len(self.natural),
            **{name: accuracy.value for name, accuracy in measures.items()},
            "intervals": {name: [accuracy.low, accuracy.high] for name, accuracy in measures.items()},
            "attacks": self.rows(),
            "settings": self.settings.model_dump(mode="json"),
        }


@torch.inference_mode(False)
def evaluate_robustness(
    model: nn.Module,
    split: Split,
    settings: EvaluationSettings,
    attacks: tuple[str, ...] = (*HEADLINE, *WORST_CASE),
    *,
    independent: tuple[str, ...] = HEADLINE,
    subject: Subject | None = None,
    store: Store | None = None,
    on_progress: OnProgress | None = None,
) -> RobustnessReport:
    """Attack a model with a list of attacks.

    Attacks in ``independent`` meet every image that was answered rightly, so their own accuracy is known; the others
    meet only images that are still standing: a broken image is retired at once. Outcomes are kept in ``store`` as they
    come, so an evaluation that was stopped goes on where it was, and a second look costs nothing. A stored outcome
    that does not fit the model and the images is made anew.

    Args:
        model: any classifier ``x -> logits``. split: the images.
        attacks: names, in order; repeated ones run once.
        subject: which checkpoint and images these are, needed for ``store``.
        on_progress: called with (hundredths done, hundredths in all), a hundred for each attack.

    Raises:
        AncraError: an unknown attack; no images; labels that are no classes of the model; logits that are not finite.
    """
    if not len(split):
        raise AncraError("There is no image to evaluate the model on.")
    attacks = tuple(dict.fromkeys(attacks))
    for name in attacks:
        ATTACKS[name]
    indices = split.sample(settings.samples, settings.seed)
    kept = _StoredOutcomes(store, subject, settings, split, indices)
    natural = _natural(model, split, indices, settings.batch_size)
    kept.keep(NATURAL, Outcome(natural, np.ones_like(natural), 0.0), indices=indices.numpy().astype(np.int32))
    report = RobustnessReport(settings, indices.numpy(), natural)
    progress = subprogress(on_progress, len(attacks))
    for index, name in enumerate(attacks):
        todo = natural if name in independent else report.survivors
        outcome = kept.recall(name, natural, todo)
        if outcome is None:
            outcome = _run(model, split, indices, todo, name, settings, progress(index, index + 1))
            kept.keep(name, outcome)
        report.outcomes[name] = outcome
    return report


def checkpoint_report(card: Card, store: Store) -> RobustnessReport | None:
    """What is stored for a checkpoint with its usual settings, without running anything; None when nothing is.

    Raises:
        AncraError: as ``stored_report``; the images are gone.
    """
    found = (stored_report(subject, settings_of(card), store) for subject in subjects_of(card))
    return next((report for report in found if report is not None), None)


def stored_report(subject: Subject, settings: EvaluationSettings, store: Store) -> RobustnessReport | None:
    """What is stored for a checkpoint and settings, without running anything; None when nothing is.

    Raises:
        AncraError: a stored result that does not fit the checkpoint, with the file to delete.
    """
    key = (KIND, *subject, settings.digest())
    stored = read_stored(store, *key, NATURAL)
    if stored is None:
        return None
    natural, indices = stored.arrays["robust"], stored.arrays["indices"]
    if len(natural) == 0 or len(natural) != len(indices):
        raise misfit(store, *key, NATURAL)
    report = RobustnessReport(settings, indices, natural)
    for name in ATTACKS:
        other = read_stored(store, *key, name)
        if other is None:
            continue
        outcome = _fitting(other, natural, stored.meta.get("images"))
        if outcome is None:
            raise misfit(store, *key, name)
        report.outcomes[name] = outcome
    return report


@dataclass
class _StoredOutcomes:
    """The place of one evaluation in the store; without a store or a subject nothing is kept."""

    store: Store | None
    subject: Subject | None
    settings: EvaluationSettings
    split: Split
    indices: torch.Tensor
    images: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.store is not None and self.subject is not None:
            self.images = fingerprint(self.split, self.indices)

    def recall(self, name: str, natural: BoolArray, todo: BoolArray) -> Outcome | None:
        """The stored outcome if it fits and covers the images that are to be attacked now."""
        if self.store is None or self.subject is None:
            return None
        stored = self.store.get(KIND, *self.subject, self.settings.digest(), name)
        outcome = None if stored is None else _fitting(stored, natural, self.images)
        return None if outcome is None or (todo & ~outcome.tried).any() else outcome

    def keep(self, name: str, outcome: Outcome, **more: IntArray) -> None:
        if self.store is None or self.subject is None:
            return
        arrays = {"robust": outcome.robust, "tried": outcome.tried, **more}
        meta = {"seconds": round(outcome.seconds, 2), "images": self.images}
        self.store.put(KIND, *self.subject, self.settings.digest(), name, arrays=arrays, meta=meta)


def _fitting(stored: Stored, natural: BoolArray, images: str | None) -> Outcome | None:
    """The outcome, unless it is of other images, or of a model that answered other images rightly."""
    outcome = Outcome(stored.arrays["robust"], stored.arrays["tried"], float(stored.meta["seconds"]))
    if stored.meta.get("images") != images or not len(outcome.robust) == len(outcome.tried) == len(natural):
        return None
    if (outcome.tried & ~natural).any() or (outcome.robust & ~outcome.tried).any():
        return None
    return outcome


def _natural(model: nn.Module, split: Split, indices: torch.Tensor, batch_size: int) -> BoolArray:
    device = device_of(model)
    right = []
    with frozen(model):
        for chosen in indices.split(batch_size):
            images, labels = split.batch(chosen, device)
            logits = decide(model, images)
            check_classes(labels, logits)
            right.append((logits.argmax(dim=1) == labels).cpu())
    return torch.cat(right).numpy()


def _run(
    model: nn.Module,
    split: Split,
    indices: torch.Tensor,
    todo: BoolArray,
    name: str,
    settings: EvaluationSettings,
    on_progress: OnProgress,
) -> Outcome:
    device = device_of(model)
    robust, positions = todo.copy(), torch.from_numpy(np.flatnonzero(todo))
    begin, done = time.perf_counter(), 0
    for chosen in positions.split(settings.batch_size) if len(positions) else ():
        images, labels = split.batch(indices[chosen], device)
        # Where only the accuracy counts, the first point that breaks an image ends its search.
        result = run_attack(model, images, labels, name, settings.threat, keep="first")
        robust[chosen.numpy()] = ~result.success.cpu().numpy()
        done += len(chosen)
        on_progress(done, len(positions))
    return Outcome(robust, todo.copy(), time.perf_counter() - begin)
