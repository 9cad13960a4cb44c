"""What a check is, and the table of them."""

from collections.abc import Callable
from dataclasses import dataclass

from ancra.registry import Registry
from ancra.trust.report import CheckResult, Level
from ancra.trust.subject import Subject


@dataclass(frozen=True)
class Finding:
    """What a check found: a level, a sentence, a figure, and (amber, red) limits where others than the check's hold."""

    level: Level
    sentence: str
    figure: float | None = None
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class Check:
    """A check: what it asks, how it measures, when it is amber or red, and who proposed it.

    Attributes:
        find: measures a subject. amber, red: its thresholds, shown in the report, in ``unit``.
    """

    name: str
    title: str
    find: Callable[[Subject], Finding]
    source: str
    amber: float | None = None
    red: float | None = None
    unit: str = ""

    def __call__(self, subject: Subject) -> CheckResult:
        """Run the check."""
        return self.result(self.find(subject))

    def result(self, finding: Finding) -> CheckResult:
        """A finding with all that the report shows about its check."""
        return CheckResult(
            self.name,
            self.title,
            finding.level,
            finding.figure,
            self.unit,
            finding.limits[0] if finding.limits else self.amber,
            finding.limits[1] if finding.limits else self.red,
            finding.sentence,
            self.source,
        )


CHECKS: Registry[Check] = Registry("trust check")


def graded(figure: float, amber: float | None, red: float | None) -> Level:
    """Red above ``red``, amber above ``amber``, else green. Not a number is red."""
    if figure != figure or (red is not None and figure > red):
        return Level.RED
    return Level.AMBER if amber is not None and figure > amber else Level.GREEN


def check(
    name: str,
    title: str,
    source: str,
    *,
    amber: float | None = None,
    red: float | None = None,
    unit: str = "points of accuracy",
) -> Callable[[Callable[[Subject], tuple[float, str] | Finding]], Check]:
    """Decorator that registers a measuring function.

    The function answers (figure, sentence), which the thresholds grade, or a whole Finding.
    """

    def decorate(measure: Callable[[Subject], tuple[float, str] | Finding]) -> Check:
        def find(subject: Subject) -> Finding:
            answer = measure(subject)
            if isinstance(answer, Finding):
                return answer
            return Finding(graded(answer[0], amber, red), answer[1], answer[0])

        return CHECKS.add(name)(Check(name, title, find, source, amber, red, unit))

    return decorate


OURS = "our threshold"
CARLINI_2019 = "Carlini et al. 2019, On Evaluating Adversarial Robustness"
ATHALYE_2018 = "Athalye, Carlini and Wagner 2018, Obfuscated Gradients"
TRAMER_2020 = "Tramèr et al. 2020, On Adaptive Attacks"
CROCE_2020 = "Croce and Hein 2020, AutoAttack"
PINTOR_2021 = "Pintor et al. 2021, Indicators of Attack Failure"
