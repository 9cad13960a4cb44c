"""Mean and spread over seeds, and whether two settings differ by more than seeds do."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import stats


class Spread(NamedTuple):
    """Mean, standard deviation (n - 1; NaN for one seed) and number of seeds."""

    mean: float
    deviation: float
    seeds: int

    @property
    def percent(self) -> str:
        """``62.1 ± 1.4``; the mean alone for one seed."""
        return f"{100 * self.mean:.1f}" + (f" ± {100 * self.deviation:.1f}" if self.seeds > 1 else "")


class Paired(NamedTuple):
    """Mean difference first - second over common seeds, its 95 % t interval and the p of the paired t-test."""

    difference: float
    low: float
    high: float
    p: float
    seeds: int


def spread(values: Sequence[float]) -> Spread:
    """Mean and spread of one setting's values over its seeds."""
    count = len(values)
    if not count:
        return Spread(math.nan, math.nan, 0)
    return Spread(float(np.mean(values)), float(np.std(values, ddof=1)) if count > 1 else math.nan, count)


def paired(first: Sequence[float], second: Sequence[float], images: int = 0) -> Paired:
    """Compare two settings over the same seeds.

    Args:
        first, second: (seeds,) values, seed by seed.
        images: behind each accuracy; the standard error is taken as no less than half an image's, since differences
            that agree to the last image by chance would else pass for certain.
    """
    differences = np.subtract(first, second)
    count = len(differences)
    mean = float(differences.mean()) if count else math.nan
    if count < 2:
        return Paired(mean, -math.inf, math.inf, 1.0, count)
    error = float(differences.std(ddof=1)) / math.sqrt(count)
    error = max(error, 0.5 / images if images else 0.0, 1e-12)
    width, p = _t_test(abs(mean) / error, count - 1)
    reach = width * error
    return Paired(mean, mean - reach, mean + reach, p, count)


@lru_cache(maxsize=4096)  # a page shows the same comparisons at every run, and scipy takes long for one number
def _t_test(t: float, freedom: int) -> tuple[float, float]:
    """Student's 97.5 % quantile, and the two-sided p value of t."""
    return float(stats.t.ppf(0.975, freedom)), float(2 * stats.t.sf(t, freedom))


def holm(values: Sequence[float]) -> list[float]:
    """p values adjusted for their number (Holm 1979, A simple sequentially rejective multiple test procedure)."""
    order = np.argsort(values, kind="stable")
    adjusted, highest = [0.0] * len(values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * float(values[index])))
        adjusted[index] = highest
    return adjusted
