"""How sure a measured accuracy is."""

from dataclasses import dataclass

from scipy.stats import binomtest


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
        interval = binomtest(correct, samples).proportion_ci(0.95, method="wilson")
        return cls(correct / samples, float(interval.low), float(interval.high), samples)
