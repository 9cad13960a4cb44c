"""What a trust report says: one result a check, and a verdict over all of them."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ancra.evaluation.intervals import Accuracy


class Level(StrEnum):
    """How a check came out."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NOT_RUN = "not run"


class Verdict(StrEnum):
    """What follows for the number: any red, any amber, or neither."""

    BELIEVABLE = "believable"
    DOUBTFUL = "doubtful"
    NOT_BELIEVED = "not to be believed"


@dataclass(frozen=True)
class CheckResult:
    """One check's outcome.

    Attributes:
        name: the registry's name. title: what it asks, in words.
        level: green, amber, red, or not run.
        figure: what was measured, in ``unit``; None when there is no single number.
        amber: above this it is amber. red: above this it is red. None where the rule is not a threshold.
        sentence: what was found and what it means, for a student.
        source: where the check comes from.
    """

    name: str
    title: str
    level: Level
    figure: float | None
    unit: str
    amber: float | None
    red: float | None
    sentence: str
    source: str


@dataclass(frozen=True)
class TrustReport:
    """Whether a claimed robust accuracy is to be believed.

    Attributes:
        claim: what is claimed, in words ("PGD-40 on p', Linf, epsilon 0.2").
        claimed: the claimed robust accuracy. lowest: what was left after everything that the checks tried.
        natural: natural accuracy on the same images.
        checks: the results, in order.
        budget: in words, what work the verdict rests on.
    """

    claim: str
    natural: Accuracy
    claimed: Accuracy
    lowest: Accuracy
    checks: tuple[CheckResult, ...]
    budget: str

    @property
    def verdict(self) -> Verdict:
        """Any red check: not to be believed; any amber one: doubtful; else believable."""
        levels = {check.level for check in self.checks}
        if Level.RED in levels:
            return Verdict.NOT_BELIEVED
        return Verdict.DOUBTFUL if Level.AMBER in levels else Verdict.BELIEVABLE

    @property
    def not_run(self) -> list[str]:
        """Titles of the checks that were not run: the verdict says nothing about them."""
        return [check.title for check in self.checks if check.level is Level.NOT_RUN]

    @property
    def summary(self) -> str:
        """The verdict in two or three sentences."""
        text = f"{self.claim}: {self.claimed.value:.1%} is {self.verdict}."
        gap = self.claimed.value - self.lowest.value
        if gap > 0.0005:
            text += f" Stronger attacks leave {self.lowest.value:.1%}."
        if self.not_run:
            text += f" {len(self.not_run)} of {len(self.checks)} checks were not run."
        return text

    def to_json(self) -> dict[str, Any]:
        """A JSON-able object with ``verdict``, ``summary``, ``checks`` and the accuracies."""
        return {**asdict(self), "verdict": str(self.verdict), "summary": self.summary, "not_run": self.not_run}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "TrustReport":
        """The report that ``to_json`` described."""
        checks = tuple(CheckResult(**{**check, "level": Level(check["level"])}) for check in data["checks"])
        accuracies = {name: Accuracy(**data[name]) for name in ("natural", "claimed", "lowest")}
        return cls(claim=data["claim"], checks=checks, budget=data["budget"], **accuracies)
