"""How lists, shares and the sizes of perturbations are written for people."""

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """One word or more as a list: ``A``, ``A and B``, ``A, B and C``."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def with_article(word: str) -> str:
    """A thing in a sentence: ``a cat``, ``an automobile``."""
    return f"{'an' if word[:1].lower() in tuple('aeiou') else 'a'} {word}"


def is_plain(text: str) -> bool:
    """Whether a text is one printable line that holds no Markdown picture or link, as a name that people are shown."""
    return text.isprintable() and "](" not in text


def percent(share: float, digits: int = 0) -> str:
    """A share, 0 to 1, as it is printed: ``39 %``."""
    return f"{100 * share:.{digits}f} %"


def epsilon_text(epsilon: float) -> str:
    """An epsilon in [0, 1] pixel values: ``8/255`` for a small whole number of grey levels, else a decimal."""
    levels = epsilon * 255
    if 0 < epsilon < 0.15 and abs(levels - round(levels)) < 1e-4:
        return f"{round(levels)}/255"
    return f"{epsilon:.4g}"
