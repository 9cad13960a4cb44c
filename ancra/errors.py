"""The one exception that is meant for a person: its text is one sentence that says what is wrong and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class AncraError(Exception):
    """Bad input or a bad environment. The CLI prints it and exits with code 2; a page shows it in a box."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> AncraError:
    """The error for a name that is not in a list, with the nearest known one."""
    known = sorted(known)
    nearest = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"known: {', '.join(known) or 'none'}."
    return AncraError(f"There is no {kind} named {name!r}; {hint}")
