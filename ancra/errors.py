"""The one exception that is meant for a person: its text is one sentence that says what is wrong and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches

from ancra import limits

MOST_NAMED = 40


class AncraError(Exception):
    """Bad input or a bad environment. The CLI prints it and exits with code 2; a page shows it in a box.

    What it repeats of the input can neither steer a terminal nor fill a page.
    """

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text, limits.TEXT))


def one_line(text: str, most: int) -> str:
    """A text on one line without what is not printed, its middle left out where it is longer."""
    if len(text) > most:
        text = f"{text[: most // 2]} … {text[-most // 2 :]}"
    return "".join(char if char.isprintable() else " " for char in text)


def unknown_name(kind: str, name: str, known: Iterable[str]) -> AncraError:
    """The error for a name that is not in a list, with the nearest known one."""
    known = sorted(known)
    nearest = get_close_matches(name, known, n=1, cutoff=0.5)
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"known: {', '.join(known[:MOST_NAMED]) or 'none'}{more}."
    return AncraError(f"There is no {kind} named {name!r}; {hint}")
