"""Does accuracy fall to nothing when the attacker may do anything?"""

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from ancra.attacks.verdict import AttackResult
from ancra.trust.check import ATHALYE_2018, CARLINI_2019, OURS, Finding, check
from ancra.trust.report import Level
from ancra.trust.subject import Subject

PROBED = 200
# From a distance of 0.5 every image can be turned into the same grey one, so nothing can be told apart.
GREY = 0.5


def _at(subject: Subject, epsilon: float) -> float:
    """Accuracy in % under the claim's attack at another epsilon, on the first images."""

    def attack(images: Tensor, labels: Tensor) -> AttackResult:
        return subject.search(images, labels, epsilon=epsilon, step_size=None)

    probed = subject.natural.clone()
    probed[PROBED:] = False
    # Images broken outside the claim's ball say nothing about the worst case inside it.
    known = subject.broken.clone()
    alive = subject.survive(attack, among=probed)
    if epsilon > subject.threat.epsilon:
        subject.broken = known
    return 100 * int(alive.sum()) / min(PROBED, len(subject.labels))


@check("monotone", "Accuracy against epsilon", ATHALYE_2018 + "; " + OURS, red=1)
def monotone(subject: Subject) -> tuple[float, str] | Finding:
    """A larger ball holds the smaller one, so accuracy may not rise with epsilon."""
    if subject.threat.epsilon == 0:
        return Finding(Level.NOT_RUN, "At epsilon 0 there is no curve.")
    widest = 1.0 if subject.threat.norm == "linf" else float("inf")
    epsilons = [min(subject.threat.epsilon * share, widest) for share in (0.5, 1.0, 1.5, 2.0)]
    curve = list(map(partial(_at, subject), epsilons))
    rise = max(later - earlier for earlier, later in pairwise(curve))
    text = "Accuracy falls as epsilon grows, as it must." if rise <= 1 else f"Accuracy rises by {rise:.1f} points."
    return max(rise, 0.0), text


@check("unbounded", "An attacker without limits", ATHALYE_2018 + "; " + CARLINI_2019 + "; " + OURS, red=0, unit="%")
def unbounded(subject: Subject) -> Finding:
    """Accuracy at epsilon 1 must be 0 (red otherwise); at a wide epsilon it must not be above chance (amber)."""
    if subject.threat.norm != "linf":
        return Finding(Level.NOT_RUN, "This check is made for the Linf norm.")
    everything = _at(subject, 1.0)
    if everything > 0:
        return Finding(
            Level.RED,
            f"At epsilon 1 the attacker may replace the whole image, yet {everything:.1f} % survive: the attack fails.",
            everything,
        )
    wide = min(8 * subject.threat.epsilon, GREY)
    chance = 100 * float(torch.bincount(subject.labels).max()) / len(subject.labels)
    left = _at(subject, wide)
    if left > chance:
        return Finding(
            Level.AMBER, f"At epsilon {wide:.2g} accuracy is still {left:.1f} %, above chance ({chance:.1f} %).", left
        )
    return Finding(
        Level.GREEN, f"At epsilon {wide:.2g} accuracy is {left:.1f} %, and at epsilon 1 nothing is left.", left
    )
