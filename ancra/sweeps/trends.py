"""How an accuracy changes along a setting that is a number: by how much, and whether by more than seeds explain."""

from typing import Any, NamedTuple

import numpy as np

from ancra.sweeps.outcome import TITLES, Outcome, number
from ancra.sweeps.plan import SweepPlan, short
from ancra.sweeps.seeds import Paired, paired

SURE = 0.05


class Trend(NamedTuple):
    """The change of an accuracy from the first to the last value of a setting.

    Every seed has a least-squares line of its own; ``change`` holds the mean of what these lines rise by over the range
    and its 95 % t interval (Matthews et al. 1990, Analysis of serial measurements in medical research).
    """

    measure: str
    key: str
    first: float
    last: float
    change: Paired

    @property
    def inside_the_noise(self) -> bool:
        """Whether lines of different seeds differ too much to say that the accuracy rises or falls."""
        return not self.change.p < SURE

    @property
    def sentence(self) -> str:
        """What can be said of it."""
        title = TITLES.get(self.measure, self.measure)
        measure = title[:1].upper() + title[1:]
        where = f"from {short(self.key)} {self.first:g} to {self.last:g}"
        points, low, high = (100 * value for value in self.change[:3])
        if self.change.seeds < 2:
            return f"{measure}: {points:+.1f} points {where}, with one seed: nothing can be said."
        margin = f"{points:+.1f} points {where} (95 % interval {low:+.1f} to {high:+.1f}, {self.change.seeds} seeds)"
        if self.inside_the_noise:
            return f"{measure}: {margin}: inside the noise."
        return f"{measure} {'rises' if points > 0 else 'falls'}: {margin}."


def numeric_axes(plan: SweepPlan) -> list[str]:
    """The settings of a sweep that take several values, all of them numbers."""
    return [key for key, values in plan.vary.items() if len(values) > 1 and all(map(is_number, values))]


def is_number(value: Any) -> bool:
    """Whether a setting's value is a number (true and false are none)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def trend(outcome: Outcome, key: str, measure: str, low: float = -np.inf, high: float = np.inf) -> Trend | None:
    """The trend of an accuracy along ``key``; None where no seed has two values of it in [low, high].

    Only values that every seed has are compared, and only settings in which nothing but ``key`` varies make sense.
    """
    lines: dict[int, dict[float, float]] = {}
    for each in outcome.results:
        value = each.values[key]
        if is_number(value) and low <= value <= high:
            lines.setdefault(each.seed, {})[float(value)] = number(each, measure)
    # A seed that is still being trained has fewer values; it must not shorten the others' lines.
    most = max((len(line) for line in lines.values()), default=0)
    whole = [line for line in lines.values() if len(line) == most]
    values = sorted(set.intersection(*map(set, whole))) if whole else []
    if len(values) < 2:
        return None
    changes = [np.polyfit(values, [line[v] for v in values], 1)[0] * (values[-1] - values[0]) for line in whole]
    images = min((each.samples for each in outcome.results), default=0)
    return Trend(measure, key, values[0], values[-1], paired(changes, [0.0] * len(changes), images))
