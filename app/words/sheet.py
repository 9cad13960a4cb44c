"""What broke an image, and how many of a sheet broke by what."""

from collections import Counter
from collections.abc import Sequence

from ancra.attacks.suite import ATTACKS
from ancra.evaluation.robustness import NATURAL


def broken_by(attack: str) -> str:
    """What an image of ``Breaking`` stands for, as its tooltip goes on after the class."""
    if not attack:
        return "no stored attack broke it"
    return "wrong without an attack" if attack == NATURAL else f"broken by {ATTACKS[attack].title}"


def counted(attacks: Sequence[str]) -> str:
    """How many images each attack was the first to break, from the weakest to the strongest."""
    counts = Counter(attacks)
    broken = [(ATTACKS[name].title, count) for name, count in counts.items() if name not in ("", NATURAL)]
    others = sum(count for _, count in broken[2:])
    parts = [f"{title} breaks {count:,}{' more' if place else ''}" for place, (title, count) in enumerate(broken[:2])]
    parts += [f"other attacks break {others:,} more"] if others else []
    parts += [f"{counts['']:,} hold"] if counts[""] else []
    parts += [f"{counts[NATURAL]:,} are answered wrongly without any attack"] if counts[NATURAL] else []
    return f"In this order: {'; '.join(parts)}."
