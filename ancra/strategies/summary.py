"""What strategies come to over many anchors: measures with intervals, class pairs, agreement, the attack's success.

Every anchor of every batch that has a negative counts once. The same anchors met every strategy, so two strategies are
compared pair by pair, and what the noise does not separate is not ranked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np

from ancra.arrays import FloatArray, IntArray
from ancra.errors import AncraError
from ancra.evaluation.intervals import Measured
from ancra.strategies.known import title_of
from ancra.strategies.measures import MEASURES, Weights
from ancra.strategies.observed import Observed

# With fewer anchors nothing is told apart: the intervals of so few mean little.
FEWEST = 8


@dataclass(frozen=True)
class Agreement:
    """How often two strategies pick the same image for an anchor, and one of the same class.

    Attributes:
        negative, same_class: the shares. chance_negative, chance_class: what blind picks among the other classes give.
    """

    negative: Measured
    same_class: Measured
    chance_negative: float
    chance_class: float


@dataclass(frozen=True)
class Standing:
    """Strategies by one measure.

    Attributes:
        order: the names, the highest value first.
        first: those that cannot be told from the highest. apart: whether any two of all can be told apart.
    """

    order: tuple[str, ...]
    first: tuple[str, ...]
    apart: bool


@dataclass(frozen=True)
class Statistics:
    """Statistics of strategies over the same anchors.

    Attributes:
        observed: strategy -> what it did; only anchors with a negative.
        classes: the class names. weights: of the contrast. spared: anchors whose batch held no other class.
    """

    observed: dict[str, Observed]
    classes: tuple[str, ...]
    weights: Weights
    spared: int = 0

    @classmethod
    def of(cls, observed: Mapping[str, Observed], classes: tuple[str, ...], weights: Weights) -> "Statistics":
        """Statistics of what was observed; where strategies saw a different number of batches, of those they share.

        Raises:
            AncraError: no anchor has a negative, because every batch is of one class.
        """
        batches = min(seen.batches for seen in observed.values())
        shared = {name: seen.first(batches) for name, seen in observed.items()}
        one = next(iter(shared.values()))
        if not one.valid.any():
            raise AncraError(
                f"The {len(one)} images are of one class, so no anchor has a negative: "
                "take a larger batch, more batches or another seed."
            )
        return cls(
            {name: seen.rows(seen.valid) for name, seen in shared.items()}, classes, weights, int((~one.valid).sum())
        )

    @property
    def anchors(self) -> int:
        """How many anchors count."""
        return len(next(iter(self.observed.values())))

    @property
    def batches(self) -> int:
        """How many batches they are of."""
        return len(np.unique(next(iter(self.observed.values())).batch))

    def values(self, strategy: str, measure: str) -> FloatArray:
        """(N,) what a measure says of each anchor."""
        return np.asarray(MEASURES[measure].of(self.observed[strategy], self.weights), np.float64)

    def measured(self, strategy: str, measure: str) -> Measured:
        """A measure of a strategy with its interval; none is ever negative, and no interval goes below 0."""
        values, groups = self.values(strategy, measure), self.observed[strategy].batch
        kind = Measured.share if MEASURES[measure].kind == "share" else Measured.mean
        return _from_zero(kind(values, groups))

    def distribution(self, strategy: str, ranges: int = 10) -> FloatArray:
        """(ranges + 1,) shares of the pairs by similarity: exactly 0, then equal ranges to 1, upper ends included."""
        place = np.ceil(self.values(strategy, "similarity") * ranges).clip(0, ranges).astype(np.int64)
        return np.bincount(place, minlength=ranges + 1) / len(place)

    def standing(self, measure: str) -> Standing:
        """The strategies by a measure: paired differences over anchors, at 95 % for all pairs together (Bonferroni)."""
        order = sorted(self.observed, key=lambda name: -float(self.values(name, measure).mean()))
        pairs = {pair: self._apart(*pair, measure) for pair in combinations(order, 2)}
        first = tuple(name for name in order if name == order[0] or not pairs[order[0], name])
        return Standing(tuple(order), first, any(pairs.values()))

    def agreement(self, one: str, other: str) -> Agreement:
        """How far two strategies agree."""
        a, b = self.observed[one], self.observed[other]
        return Agreement(
            Measured.share(a.negative == b.negative, a.batch),
            Measured.share(a.negative_label == b.negative_label, a.batch),
            float((1 / a.others).mean()),
            float(a.alike.mean()),
        )

    def pairs(self, strategy: str, what: Literal["count", "similarity", "contrast"] = "count") -> FloatArray | IntArray:
        """(K, K), anchor's class by negative's class: how often, or the mean similarity or contrast (NaN for none)."""
        seen, classes = self.observed[strategy], len(self.classes)
        cell = seen.label.astype(np.int64) * classes + seen.negative_label
        counts = np.bincount(cell, minlength=classes**2).reshape(classes, classes)
        if what == "count":
            return counts
        sums = np.bincount(cell, weights=self.values(strategy, what), minlength=classes**2).reshape(classes, classes)
        with np.errstate(invalid="ignore"):
            return sums / counts

    def success(self, strategy: str) -> list[tuple[Measured, Measured]]:
        """After each attack step, from 0: the share of negatives taken for the anchor's class, and its probability."""
        seen = self.observed[strategy]
        return [
            (
                Measured.share(seen.reached[:, step], seen.batch),
                _from_zero(Measured.mean(seen.toward[:, step], seen.batch)),
            )
            for step in range(seen.reached.shape[1])
        ]

    def gain(self, strategy: str) -> Measured:
        """By how much the attack raises the share of negatives taken for the anchor's class, negative by negative."""
        seen = self.observed[strategy]
        return Measured.mean(seen.reached[:, -1].astype(float) - seen.reached[:, 0], seen.batch)

    def rows(self) -> list[dict[str, Any]]:
        """One flat row a strategy and measure, for a CSV file; the attack's success by step at the end."""
        found = [
            self._row(name, measure, None, self.measured(name, measure))
            for name in self.observed
            for measure in MEASURES
        ]
        for name in self.observed:
            for step, (share, probability) in enumerate(self.success(name)):
                if len(self.success(name)) > 1:
                    found.append(self._row(name, "reached_by_step", step, share))
                    found.append(self._row(name, "probability_by_step", step, probability))
        return found

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data; NaN as None."""
        names = list(self.observed)
        return {
            "anchors": self.anchors,
            "batches": self.batches,
            "spared": self.spared,
            "alpha": self.weights.alpha,
            "auxiliary_weight": self.weights.auxiliary,
            "classes": list(self.classes),
            "strategies": {
                name: {
                    "title": title_of(name),
                    "measures": {each: plain(self.measured(name, each)) for each in MEASURES},
                    "similarity_distribution": self.distribution(name).tolist(),
                    "pairs": self.pairs(name).tolist(),
                    "pair_similarity": _plain_matrix(self.pairs(name, "similarity")),
                    "pair_contrast": _plain_matrix(self.pairs(name, "contrast")),
                    "success": [[plain(share), plain(chance)] for share, chance in self.success(name)],
                }
                for name in names
            },
            "agreement": [
                {
                    "strategies": [one, other],
                    "negative": plain(both.negative),
                    "class": plain(both.same_class),
                    "chance_negative": both.chance_negative,
                    "chance_class": both.chance_class,
                }
                for one, other in combinations(names, 2)
                for both in [self.agreement(one, other)]
            ],
        }

    def _apart(self, one: str, other: str, measure: str) -> bool:
        if self.anchors < FEWEST:
            return False
        pairs = len(self.observed) * (len(self.observed) - 1) // 2
        difference = self.values(one, measure) - self.values(other, measure)
        found = Measured.mean(difference, self.observed[one].batch, 1 - 0.05 / pairs)
        return found.low > 0 or found.high < 0

    def _row(self, name: str, measure: str, step: int | None, value: Measured) -> dict[str, Any]:
        return {"strategy": name, "title": title_of(name), "measure": measure, "step": step, **plain(value)}


def plain(value: Measured) -> dict[str, Any]:
    """A measured value as plain data."""
    numbers = {"value": value.value, "low": value.low, "high": value.high}
    return {**{key: None if np.isnan(one) else one for key, one in numbers.items()}, "samples": value.samples}


def _from_zero(value: Measured) -> Measured:
    return replace(value, low=value.low if np.isnan(value.low) else max(value.low, 0.0))


def _plain_matrix(values: FloatArray | IntArray) -> list[list[float | None]]:
    return [[None if np.isnan(cell) else float(cell) for cell in row] for row in values]
