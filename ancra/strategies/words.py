"""Statistics in plain words; what the noise does not separate is not ranked."""

from collections.abc import Sequence

import numpy as np

from ancra.evaluation.intervals import Measured
from ancra.strategies.known import title_of
from ancra.strategies.measures import MEASURES
from ancra.strategies.summary import Statistics
from ancra.text import listed


def value_text(value: Measured, measure: str) -> str:
    """A measure for people: ``39 % (31 to 48)``; shares in percent."""
    share = MEASURES[measure].kind == "share"
    scale, unit = (100.0, " %") if share else (1.0, "")
    digits = _digits(value, scale, share)
    if np.isnan(value.value):
        return "–"
    text = f"{scale * value.value:.{digits}f}{unit}"
    if np.isnan(value.low) or value.low == value.high:
        return text
    return f"{text} ({scale * value.low:.{digits}f} to {scale * value.high:.{digits}f})"


def titles_of(names: Sequence[str]) -> str:
    """Strategies by their titles: ``A``, ``A and B``, ``A, B and C``."""
    return listed([title_of(name) for name in names])


def leading(statistics: Statistics, measure: str, what: str) -> str:
    """Who has the most of something: ``Soft-LS has the highest similarity (0.39).``

    Args:
        what: the measure in a sentence, after "the highest".
    """
    if len(statistics.observed) == 1:
        (name,) = statistics.observed
        return f"{title_of(name)}: {what} {_short(statistics, name, measure)}."
    standing = statistics.standing(measure)
    if not standing.apart:
        return f"No two strategies differ in {what} by more than the noise."
    if standing.first == standing.order:
        return f"The noise does not tell which strategy has the highest {what}."
    if len(standing.first) == 1:
        (name,) = standing.first
        return f"{title_of(name)} has the highest {what} ({_short(statistics, name, measure)})."
    shown = [_short(statistics, name, measure) for name in standing.first]
    if len(set(shown)) == 1:
        return f"{titles_of(standing.first)} have the same, highest {what} ({shown[0]})."
    values = " and ".join(shown[:2])
    more = "" if len(standing.first) == 2 else ", …"
    return f"{titles_of(standing.first)} have the highest {what} ({values}{more}); the noise does not separate them."


def sample(statistics: Statistics) -> str:
    """What the statistics rest on: ``1347 anchors in 11 batches``."""
    batches = statistics.batches
    text = f"{statistics.anchors} anchors in {batches} batch{'' if batches == 1 else 'es'}"
    if statistics.spared:
        text += f" ({statistics.spared} more have no image of another class in their batch)"
    return text


def summary(statistics: Statistics) -> str:
    """All of it in one line."""
    return " ".join(
        (
            f"{sample(statistics)}.",
            leading(statistics, "found", "share of anchors with a candidate"),
            leading(statistics, "contrast", "contrast in training"),
            leading(statistics, "reached", "share of negatives taken for the anchor's class"),
        )
    )


def _short(statistics: Statistics, name: str, measure: str) -> str:
    return value_text(statistics.measured(name, measure), measure).partition(" (")[0]


def _digits(value: Measured, scale: float, share: bool) -> int:
    """As many decimals as the interval makes sense of: two digits of its half width, three at most."""
    half = scale * (value.high - value.low) / 2
    if np.isnan(half) or half <= 0:
        return 0 if share else 3
    return int(np.clip(-np.floor(np.log10(half)), 0 if share else 1, 1 if share else 4))
