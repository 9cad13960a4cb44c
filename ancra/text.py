"""How lists and shares are written for people."""

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """One word or more as a list: ``A``, ``A and B``, ``A, B and C``."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def percent(share: float, digits: int = 0) -> str:
    """A share, 0 to 1, as it is printed: ``39 %``."""
    return f"{100 * share:.{digits}f} %"
