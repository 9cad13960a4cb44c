"""Which images of an evaluation break first: by the weakest attack that breaks them."""

from dataclasses import dataclass

import numpy as np

from ancra.arrays import IntArray
from ancra.evaluation.robustness import HEADLINE, NATURAL, RobustnessReport

WEAKEST = ("fgsm", *HEADLINE)
"""The attacks that are asked first, the weakest in front; the others follow as the report has them."""


@dataclass(frozen=True)
class Breaking:
    """N images in the order in which they break.

    Those that the weakest attack breaks stand first, then those that only the next one breaks, and so on; then those
    that nothing broke, and last those that are answered wrongly without any attack. Alike ones keep the split's order.

    Attributes:
        indices: (N,) positions in the split.
        by: the attack that breaks each; ``natural`` for one answered wrongly without any, empty for one that holds.
    """

    indices: IntArray
    by: tuple[str, ...]


def breaking(report: RobustnessReport) -> Breaking:
    """The images of a report in the order in which they break."""
    attacks = [name for name in WEAKEST if name in report.outcomes]
    attacks += [name for name in report.outcomes if name not in attacks]
    holds, wrong = len(attacks), len(attacks) + 1
    rank = np.where(report.natural, holds, wrong)
    for place, name in reversed(list(enumerate(attacks))):
        outcome = report.outcomes[name]
        rank[report.natural & outcome.tried & ~outcome.robust] = place
    order = np.argsort(rank, kind="stable")
    names = (*attacks, "", NATURAL)
    return Breaking(report.indices[order], tuple(names[place] for place in rank[order]))
