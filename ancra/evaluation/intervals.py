"""How sure a measured accuracy, share or mean is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.stats import binomtest, norm
from scipy.stats import t as student

from ancra.arrays import BoolArray, FloatArray, IntArray

# Between fewer groups than these their spread says little; then single samples have to serve.
FEWEST_GROUPS = 8


@dataclass(frozen=True)
class Accuracy:
    """A share of images answered rightly, with its 95 % Wilson interval (Wilson 1927).

    Attributes:
        value: in [0, 1]; low and high: the interval; samples: how many images it rests on.
    """

    value: float
    low: float
    high: float
    samples: int

    @classmethod
    def of(cls, correct: int, samples: int) -> "Accuracy":
        """From counts. Raises ValueError when samples is 0 or less than correct."""
        return cls(correct / samples, *_wilson(correct, samples), samples)

    @classmethod
    def told(cls, row: Mapping[str, Any], name: str) -> "Accuracy | None":
        """The one of that name in an evaluation as a card keeps it (``RobustnessReport.row``); None without one."""
        if name not in row["intervals"]:
            return None
        low, high = row["intervals"][name]
        return cls(row[name], low, high, row["samples"])


@dataclass(frozen=True)
class Difference:
    """One accuracy less another, with its 95 % interval (Newcombe 1998, Statistics in Medicine 17, method 10).

    For two models that are judged on the same images the interval is wider than it had to be.

    Attributes:
        value: in [-1, 1]; low and high: the interval.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, first: Accuracy, second: Accuracy) -> "Difference":
        """First less second."""
        value = first.value - second.value
        below = math.hypot(first.value - first.low, second.high - second.value)
        above = math.hypot(first.high - first.value, second.value - second.low)
        return cls(value, value - below, value + above)

    @property
    def inside_the_noise(self) -> bool:
        """Whether the interval holds 0."""
        return self.low <= 0 <= self.high


@lru_cache(maxsize=4096)  # a page shows the same counts at every run, and the test behind the interval searches
def _wilson(correct: int, samples: int) -> tuple[float, float]:
    interval = binomtest(correct, samples).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True)
class Measured:
    """A mean or a share over samples that may come in groups (batches), with its 95 % interval.

    Attributes:
        value: the mean; low and high: the interval, NaN where there are fewer than two samples.
        samples: how many it rests on.
    """

    value: float
    low: float
    high: float
    samples: int

    @classmethod
    def mean(cls, values: FloatArray, groups: IntArray | None = None, confidence: float = 0.95) -> "Measured":
        """The mean of values (n,) and its t interval.

        Args:
            groups: (n,) which group each sample is of. Samples of a group resemble each other: with at least
                ``FEWEST_GROUPS`` groups the interval is the cluster-robust one, from the spread between groups.
        """
        values = np.asarray(values, np.float64)
        if len(values) < 2:
            return cls(float(values.mean()) if len(values) else np.nan, np.nan, np.nan, len(values))
        error, freedom = _standard_error(values, groups)
        half = _quantile((1 + confidence) / 2, freedom) * error
        centre = float(values.mean())
        return cls(centre, centre - half, centre + half, len(values))

    @classmethod
    def share(cls, flags: BoolArray | FloatArray, groups: IntArray | None = None) -> "Measured":
        """The share of true ones among flags (n,) and its Wilson interval.

        Args:
            groups: (n,) as for ``mean``: samples of a group that resemble each other count for fewer (design effect).
        """
        ones = np.asarray(flags, np.float64)
        count = len(ones)
        if count < 2:
            return cls(float(ones.mean()) if count else np.nan, np.nan, np.nan, count)
        value = float(ones.mean())
        binomial = value * (1 - value) / count
        worth = float(count)
        if binomial > 0:
            worth = count / max(1.0, _standard_error(ones, groups)[0] ** 2 / binomial)
        z = _quantile(0.975)
        middle = (value + z * z / (2 * worth)) / (1 + z * z / worth)
        half = z / (1 + z * z / worth) * float(np.sqrt(value * (1 - value) / worth + (z / (2 * worth)) ** 2))
        return cls(value, max(0.0, middle - half), min(1.0, middle + half), count)


def _standard_error(values: FloatArray, groups: IntArray | None) -> tuple[float, int]:
    """The standard error of the mean of values (n,) and its degrees of freedom."""
    count, residuals = len(values), values - values.mean()
    if groups is not None:
        _, which = np.unique(groups, return_inverse=True)
        sums = np.bincount(which, weights=residuals)
        if len(sums) >= FEWEST_GROUPS:
            return float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()) / count), len(sums) - 1
    return float(np.sqrt((residuals**2).sum() / (count - 1) / count)), count - 1


@lru_cache(maxsize=4096)  # scipy takes longer for one number than all that surrounds it
def _quantile(share: float, freedom: float = math.inf) -> float:
    """Of Student's t distribution; of the normal one without a number of degrees of freedom."""
    return float(norm.ppf(share) if math.isinf(freedom) else student.ppf(share, freedom))
