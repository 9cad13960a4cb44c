"""Reading environment variables: each has one parser, and a wrong value is one sentence."""

import math
import os

from ancra.errors import AncraError


def whole_number(name: str, least: int, meaning: str) -> int | None:
    """The whole number in a variable; None where it is not set.

    Args:
        meaning: what to set it to, as in "how many runs may train at once".

    Raises:
        AncraError: it is no whole number, or below ``least``.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or int(text) < least:
        raise AncraError(f"{name} is {text!r}: set it to {meaning}, {least} or more.")
    return int(text)


def amount(name: str, meaning: str) -> float | None:
    """The number, 0 or more, in a variable; None where it is not set. Raises AncraError for anything else."""
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise AncraError(f"{name} is {text!r}: set it to {meaning}, 0 or more.")
    return found


def pairs(name: str, example: str) -> dict[str, str]:
    """The ``key=value`` words in a variable; none where it is not set. Raises AncraError."""
    words = os.environ.get(name, "").split()
    if not all("=" in word.strip("=") for word in words):
        raise AncraError(f"{name} takes key=value words, as in `{example}`.")
    return dict(word.split("=", 1) for word in words)
