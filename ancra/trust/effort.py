"""Did the attack try hard enough, and was its best point reported?"""

import torch

from ancra.attacks.suite import run_attack
from ancra.attacks.trace import trace_attack
from ancra.trust.check import ATHALYE_2018, CARLINI_2019, OURS, PINTOR_2021, Finding, check, graded
from ancra.trust.masking import FEW, NOTHING_CLAIMED
from ancra.trust.report import Level
from ancra.trust.subject import Subject

PROBED = 128


@check("steps", "More steps", CARLINI_2019 + "; " + OURS, amber=1, red=2)
def steps(subject: Subject) -> Finding:
    """The same attack with several times the steps, on what it left."""
    count = subject.threat.steps * subject.settings.more_steps
    alive = subject.survive(lambda images, labels: subject.search(images, labels, steps=count), among=subject.claimed)
    drop = subject.points(subject.claimed, alive)
    return _against_chance(
        subject, drop, f"{count} steps instead of {subject.threat.steps} break {drop:.1f} points more"
    )


@check("restarts", "More restarts", CARLINI_2019 + "; " + OURS, amber=1, red=2)
def restarts(subject: Subject) -> Finding:
    """The same attack from several random starts, on what it left."""
    count = subject.settings.restarts
    alive = subject.survive(
        lambda images, labels: subject.search(images, labels, restarts=count, seed=subject.threat.seed + 1),
        among=subject.claimed,
    )
    drop = subject.points(subject.claimed, alive)
    return _against_chance(subject, drop, f"{count} random starts instead of one break {drop:.1f} points more")


def _against_chance(subject: Subject, drop: float, text: str) -> Finding:
    """Grade a drop; on few images one that chance alone could make (half a 95 % interval) is no reason to doubt."""
    amber, red = max(1.0, subject.chance), max(2.0, 2 * subject.chance)
    level = graded(drop, amber, red)
    end = f", within the {subject.chance:.1f} points that {len(subject.labels)} images leave open." if drop > 1 else "."
    return Finding(level, text + (end if level is Level.GREEN else "."), drop, (amber, red))


@check("single_step", "One step against many", ATHALYE_2018 + "; " + OURS, amber=0.5, red=1, unit="% of images")
def single_step(subject: Subject) -> tuple[float, str]:
    """Images that FGSM breaks and PGD does not: many small steps should never do worse than one."""
    alive = subject.survive(
        lambda images, labels: run_attack(subject.model, images, labels, "fgsm", subject.threat), among=subject.claimed
    )
    share = subject.points(subject.claimed, alive)
    if share == 0:
        return share, "A single step breaks no image that many small steps left."
    return share, f"A single step breaks {share:.1f} % of the images that many small steps left standing."


@check("unfinished", "Search still moving at its end", PINTOR_2021, amber=2, red=10, unit="% of images")
def unfinished(subject: Subject) -> tuple[float, str] | Finding:
    """Images whose best loss still rises by over 0.05 of its whole way in the last ten steps."""
    chosen = subject.claimed.nonzero()[:PROBED, 0]
    if len(chosen) < FEW:
        return Finding(Level.GREEN, NOTHING_CLAIMED)
    if subject.threat.steps < 20:
        return Finding(Level.NOT_RUN, "The claim's attack has fewer than 20 steps, too few to see it settle.")
    trace = trace_attack(subject.model, subject.images[chosen], subject.labels[chosen], subject.threat.pgd())
    best = torch.from_numpy(trace.loss("ce")).cummax(dim=0).values
    rise = (best[-1] - best[0]).clamp_min(1e-12)
    share = float((((best[-1] - best[-11]) / rise) > 0.05).float().mean())
    # Of all images that were attacked: the broken ones had settled.
    moving = 100 * share * float(subject.claimed.sum() / subject.natural.sum())
    return moving, f"On {moving:.0f} % of the images the attack was still gaining when it stopped."


@check("last_point", "Best point or last point", OURS)
def last_point(subject: Subject) -> Finding:
    """Whether the claim rests on the best point of each search; the last one can be weaker."""
    alive = subject.survive(lambda images, labels: subject.search(images, labels, keep="last"))
    gain = subject.points(alive, subject.claimed)
    return Finding(
        Level.GREEN,
        f"The best point of every search counts; the last one would have shown {max(gain, 0):.1f} points more.",
        gain,
    )
