"""Accuracy against epsilon: what is left of a model as the attacker is allowed more."""

from dataclasses import dataclass

import numpy as np
from pydantic import Field
from torch import nn

from ancra.arrays import BoolArray, IntArray
from ancra.attacks.suite import WORST_CASE
from ancra.checkpoints import Card
from ancra.data.dataset import Split
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.lookup import find_stored, misfit
from ancra.evaluation.robustness import HEADLINE, WORST, evaluate_robustness
from ancra.evaluation.settings import EvaluationSettings
from ancra.evaluation.subject import settings_of, subject_of
from ancra.progress import OnProgress
from ancra.settings import Settings
from ancra.store import Store, Stored

KIND = "curves"
SHOWN = (*HEADLINE, WORST)


class CurveSettings(Settings):
    """Which epsilons, and the images and budget at each of them."""

    evaluation: EvaluationSettings = Field(EvaluationSettings(samples=200), description="Images and attackers.")
    shares: tuple[float, ...] = Field(
        (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0),
        min_length=1,
        description="The epsilons, ascending, as shares of the evaluation's own.",
    )

    @property
    def epsilons(self) -> tuple[float, ...]:
        """0 for no attack, then the epsilons, in [0, 1] pixel values."""
        widest = 1.0 if self.evaluation.norm == "linf" else float("inf")
        return 0.0, *(min(share * self.evaluation.epsilon, widest) for share in self.shares)


@dataclass(frozen=True)
class Curves:
    """Accuracy at E epsilons.

    Attributes:
        epsilons: (E,) the first is 0. samples: how many images.
        correct: attack -> (E,) images still answered rightly.
    """

    epsilons: tuple[float, ...]
    samples: int
    correct: dict[str, IntArray]

    def accuracies(self, attack: str) -> list[Accuracy]:
        """The accuracy at each epsilon, with its interval."""
        return [Accuracy.of(int(count), self.samples) for count in self.correct[attack]]


def curve_settings(card: Card) -> CurveSettings:
    """The usual settings for a checkpoint."""
    return CurveSettings(evaluation=settings_of(card, samples=200))


def make_curves(
    model: nn.Module, split: Split, settings: CurveSettings, on_progress: OnProgress | None = None
) -> Curves:
    """Attack at every epsilon: with each of the two headline attacks alone, and in the worst case over the suite.

    A larger ball holds the smaller one, so in the worst case an image stays broken once it is.

    Args:
        on_progress: called with (epsilons done, epsilons in all).
    """
    correct: dict[str, list[int]] = {name: [] for name in SHOWN}
    alive: BoolArray | None = None
    for index, epsilon in enumerate(settings.epsilons[1:]):
        at = settings.evaluation.with_changes(epsilon=epsilon)
        report = evaluate_robustness(model, split, at, (*HEADLINE, *WORST_CASE))
        if alive is None:
            alive = report.natural
            for name in SHOWN:
                correct[name].append(int(alive.sum()))
        for name in HEADLINE:
            correct[name].append(int(report.outcomes[name].robust.sum()))
        alive = alive & report.survivors
        correct[WORST].append(int(alive.sum()))
        if on_progress:
            on_progress(index + 1, len(settings.shares))
    assert alive is not None
    return Curves(settings.epsilons, len(alive), {name: np.array(counts) for name, counts in correct.items()})


def checkpoint_curves(
    model: nn.Module, card: Card, split: Split, store: Store, on_progress: OnProgress | None = None
) -> Curves:
    """The usual curves of a checkpoint, from the store or made and stored."""
    settings = curve_settings(card)

    def make() -> tuple[dict[str, IntArray], dict[str, int]]:
        made = make_curves(model, split, settings, on_progress)
        return made.correct, {"samples": made.samples}

    return _read(store.remember(KIND, *subject_of(card), settings.digest(), make=make), settings)


def stored_curves(card: Card, store: Store) -> Curves | None:
    """The stored curves of a checkpoint, or None. Raises AncraError when they do not fit it."""
    settings = curve_settings(card)
    found = find_stored(card, store, lambda subject: (KIND, *subject, settings.digest()))
    if found is None:
        return None
    key, stored = found
    curves = _read(stored, settings)
    counts = list(curves.correct.values())
    if set(curves.correct) != set(SHOWN) or any(
        len(each) != len(curves.epsilons) or each.min() < 0 or each.max() > curves.samples for each in counts
    ):
        raise misfit(store, *key)
    return curves


def _read(stored: Stored, settings: CurveSettings) -> Curves:
    return Curves(settings.epsilons, int(stored.meta["samples"]), dict(stored.arrays))
