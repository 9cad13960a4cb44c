"""What the paper says of alpha and zeta (supplement, Figures 3 and 4), and what a sweep found of it."""

from enum import StrEnum
from typing import NamedTuple

from ancra.sweeps.outcome import TITLES, Outcome
from ancra.sweeps.plan import Values
from ancra.sweeps.trends import Trend, trend

ALPHA, ZETA = "objective.contrast.alpha", "objective.contrast.zeta"
BEST_ZETA = 3.0
ROBUST = ("pgd", "adaptive", "worst")
NOT_YET = "Not enough runs are finished yet."


class Answer(StrEnum):
    """What a sweep says to a statement."""

    YES = "seen here, too"
    NO = "the opposite here"
    OPEN = "cannot be told here"


class Claim(NamedTuple):
    """A statement of the paper, whether it was seen in a sweep, and the sentences that say why."""

    paper: str
    answer: Answer
    measured: tuple[str, ...]


def claims(outcome: Outcome) -> list[Claim]:
    """The paper's statements about what a sweep varies, beside what it found; none for other settings."""
    axes = [key for key, values in outcome.plan.vary.items() if len(values) > 1]
    if axes == [ALPHA]:
        robust = [each for each in ROBUST if each in outcome.measures]
        return [
            _rises(outcome, "Clean accuracy rises with alpha.", ["natural"]),
            _rises(outcome, "Robust accuracy rises with alpha.", robust),
            _trade_off(outcome, robust),
        ]
    if axes == [ZETA]:
        return [_best(outcome)]
    return []


def _rises(outcome: Outcome, paper: str, measures: list[str]) -> Claim:
    found = [each for measure in measures if (each := trend(outcome, ALPHA, measure)) is not None]
    clear = [each for each in found if not each.inside_the_noise]
    answer = Answer.OPEN
    if clear and len({each.change.difference > 0 for each in clear}) == 1:
        answer = Answer.YES if clear[0].change.difference > 0 else Answer.NO
    return Claim(paper, answer, _sentences(found))


def _trade_off(outcome: Outcome, robust: list[str]) -> Claim:
    paper = "From alpha 0.5 to 1.0 there is a trade-off: one of the two accuracies is gained at the cost of the other."
    found = [each for name in ("natural", *robust) if (each := trend(outcome, ALPHA, name, 0.5, 1.0)) is not None]
    signs = {each.measure: each.change.difference > 0 for each in found if not each.inside_the_noise}
    answer = Answer.OPEN
    if "natural" in signs and len(signs) > 1:
        rest = {sign for measure, sign in signs.items() if measure != "natural"}
        answer = Answer.YES if rest == {not signs["natural"]} else Answer.NO
    return Claim(paper, answer, _sentences(found))


def _best(outcome: Outcome) -> Claim:
    paper = f"Robust accuracy after the last epoch is best at zeta {BEST_ZETA:.2f}."
    own = next((each for each in outcome.settings if float(each[0][1]) == BEST_ZETA), None)
    measures = [each for each in ROBUST if each in outcome.measures]
    if own is None or len(outcome.settings) < 2 or not measures:
        return Claim(paper, Answer.OPEN, (NOT_YET,))
    found = [_best_by(outcome, own, measure) for measure in measures]
    answers = {answer for answer, _ in found}
    answer = Answer.NO if Answer.NO in answers else Answer.OPEN if Answer.OPEN in answers else Answer.YES
    return Claim(paper, answer, tuple(sentence for _, sentence in found))


def _best_by(outcome: Outcome, own: Values, measure: str) -> tuple[Answer, str]:
    """Whether zeta 3 is the best by one accuracy, and the sentence that says why."""
    means = {setting: outcome.spread(setting, measure).mean for setting in outcome.settings}
    best = max(means, key=means.__getitem__)
    others = [each for each in outcome.settings if each != own]
    clear = [each for each in outcome.compare(measure, [(own, each) for each in others]) if not each.inside_the_noise]
    above = sum(each.paired.difference < 0 for each in clear)
    below = len(clear) - above
    answer = Answer.NO if above else Answer.YES if below == len(others) else Answer.OPEN
    said = f"{_title(measure)} is highest at zeta {best[0][1]:g} ({outcome.spread(best, measure).percent} %)"
    said += "" if best == own else f"; zeta {BEST_ZETA:g} has {outcome.spread(own, measure).percent} %"
    if not clear:
        return answer, f"{said}: no other value differs from zeta {BEST_ZETA:g} by more than seeds explain."
    return answer, f"{said}. Beyond the noise, {above} of {len(others)} values are above zeta 3 and {below} below."


def _sentences(found: list[Trend]) -> tuple[str, ...]:
    return tuple(each.sentence for each in found) or (NOT_YET,)


def _title(measure: str) -> str:
    return TITLES[measure][:1].upper() + TITLES[measure][1:]
