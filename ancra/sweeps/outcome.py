"""What a sweep found: every cell's numbers, their mean and spread over seeds, and what differs beyond the noise."""

from collections.abc import Iterable
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field

from ancra.files import csv_text
from ancra.settings import Record, flat, parse
from ancra.structured import read_json
from ancra.sweeps.plan import SweepPlan, Values, label, short
from ancra.sweeps.seeds import Paired, Spread, holm, paired, spread

CURVES = ("natural", "pgd", "adaptive", "loss", "loss/contrast")
TITLES = {"natural": "natural", "pgd": "PGD-40", "adaptive": "adaptive PGD-40", "worst": "worst case"}
FEW = 4  # settings of which every two are compared


class CellResult(Record):
    """What one run of a sweep found."""

    cell: str
    values: dict[str, Any] = Field(description="Full path of a setting -> its value here.")
    seed: int
    accuracies: dict[str, float] = Field(description="natural, pgd, adaptive, worst and others: shares, 0 to 1.")
    samples: int = Field(description="Test images behind them.")
    losses: dict[str, float] = Field({}, description="Means of the last epoch.")
    curves: dict[str, list[float]] = Field({}, description="One value an epoch, on the held-out images.")
    seconds: float = Field(0, description="Time of training.")
    digest: str = Field("", description="Of the model.")

    @property
    def setting(self) -> Values:
        """The values as something that can be a key."""
        return tuple(self.values.items())


class Comparison(NamedTuple):
    """Two settings of a sweep, by one measure, over the seeds that both have."""

    measure: str
    first: Values
    second: Values
    paired: Paired
    adjusted: float

    @property
    def inside_the_noise(self) -> bool:
        """Whether seeds alone explain the difference (Holm-adjusted p of the paired t-test at 0.05 or above)."""
        return not self.adjusted < 0.05

    @property
    def sentence(self) -> str:
        """What can be said of the two."""
        points, low, high = (100 * value for value in (self.paired.difference, self.paired.low, self.paired.high))
        measure, first, second = TITLES.get(self.measure, self.measure), label(self.first), label(self.second)
        if self.paired.seeds < 2:
            return f"{measure}: {first} against {second} has one seed in common: nothing can be said."
        margin = f"{points:+.1f} points (95 % interval {low:+.1f} to {high:+.1f}, {self.paired.seeds} seeds)"
        if self.inside_the_noise:
            return f"{measure}: {first} against {second}: {margin}: inside the noise."
        return f"{measure}: {first} is {'above' if points > 0 else 'below'} {second} by {margin}."


class Outcome(Record):
    """A sweep's plan with the results of the cells that are finished."""

    plan: SweepPlan
    results: tuple[CellResult, ...] = ()
    command: str = Field("", description="What made it.")
    versions: dict[str, str] = Field({}, description="Versions of the packages that made it.")

    @property
    def settings(self) -> list[Values]:
        """The combinations of values that have a result, in the plan's order."""
        vary = self.plan.vary
        order = dict.fromkeys(tuple(zip(vary, values, strict=True)) for values in product(*vary.values()))
        there = {result.setting for result in self.results}
        return [setting for setting in order if setting in there]

    @property
    def measures(self) -> list[str]:
        """The accuracies that every result has."""
        return [name for name in TITLES if self.results and all(name in each.accuracies for each in self.results)]

    def of(self, setting: Values) -> list[CellResult]:
        """The results of a combination of values, by seed."""
        return sorted((each for each in self.results if each.setting == setting), key=lambda each: each.seed)

    def values(self, setting: Values, measure: str) -> list[float]:
        """An accuracy (or a loss: ``loss/contrast``) of a combination of values, by seed."""
        return [number(each, measure) for each in self.of(setting)]

    def spread(self, setting: Values, measure: str) -> Spread:
        """Mean and spread over seeds of an accuracy (or of a loss: ``loss/contrast``)."""
        return spread(self.values(setting, measure))

    def compare(self, measure: str, pairs: Iterable[tuple[Values, Values]] | None = None) -> list[Comparison]:
        """Paired tests over seeds, adjusted for how many are made (Holm 1979).

        Args:
            pairs: which settings; without it every two of them, or where there are many each against the recipe's own.
        """
        chosen = list(pairs if pairs is not None else self._pairs())
        found = []
        for first, second in chosen:
            one, two = ({each.seed: number(each, measure) for each in self.of(setting)} for setting in (first, second))
            seeds = sorted(one.keys() & two.keys())
            images = min((each.samples for each in self.of(first)), default=0)
            found.append(paired([one[seed] for seed in seeds], [two[seed] for seed in seeds], images))
        return [
            Comparison(measure, first, second, test, p)
            for (first, second), test, p in zip(chosen, found, holm([each.p for each in found]), strict=True)
        ]

    def _pairs(self) -> Iterable[tuple[Values, Values]]:
        # Of many pairs hardly one survives the adjustment, and few are of interest.
        if len(self.settings) > FEW and self.own is not None:
            return [(setting, self.own) for setting in self.settings if setting != self.own]
        return combinations(self.settings, 2)

    @property
    def own(self) -> Values | None:
        """The combination of values that the recipe itself has, where it is among the settings."""
        table = flat(self.plan.recipe.model_dump(mode="json"))
        return next((each for each in self.settings if all(table.get(key) == value for key, value in each)), None)

    def findings(self) -> list[str]:
        """What can be said of each measure: which settings differ by more than seeds explain, or that none do."""
        said = []
        for measure in self.measures:
            found = self.compare(measure)
            apart = [each for each in found if not each.inside_the_noise]
            said += [each.sentence for each in apart]
            rest = len(found) - len(apart)
            if rest:
                pairs = "pair of settings differs" if rest == 1 else "pairs of settings differ"
                others = "other " if apart else ""
                said.append(
                    f"{TITLES[measure]}: {rest} {others}{pairs} by no more than seeds explain: inside the noise."
                )
        return said

    def rows(self) -> list[dict[str, Any]]:
        """One row a run, flat: for a CSV file."""
        return [
            {
                **{short(key): value for key, value in each.values.items()},
                "seed": each.seed,
                **each.accuracies,
                **each.losses,
                "images": each.samples,
                "seconds": each.seconds,
                "digest": each.digest,
            }
            for each in self.results
        ]

    def csv(self) -> str:
        """The rows as CSV text."""
        return csv_text(self.rows())


def read_outcome(path: Path) -> Outcome:
    """An outcome that was written. Raises AncraError when the file is missing or damaged."""
    return parse(Outcome, read_json(path), source=str(path))


def number(result: CellResult, measure: str) -> float:
    """An accuracy or a loss of a result by its name; NaN where it has none."""
    return {**result.losses, **result.accuracies}.get(measure, float("nan"))
