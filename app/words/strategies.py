"""What the figures of the Population tab show, in plain words made from the numbers."""

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import numpy as np
from scipy.stats import binom

from ancra.evaluation.intervals import FEWEST_GROUPS
from ancra.strategies.known import title_of
from ancra.strategies.summary import Statistics
from ancra.strategies.words import leading, sample, titles_of, value_text
from ancra.text import percent


def basis(statistics: Statistics) -> str:
    """What the numbers rest on, and what their intervals mean."""
    if statistics.batches >= FEWEST_GROUPS:
        return f"{sample(statistics)}. Intervals are 95 %, from the spread between the batches."
    one = "this batch" if statistics.batches == 1 else "these batches"
    return (
        f"{sample(statistics)}. Intervals are 95 %, from the spread between the anchors of {one}; "
        "other batches can differ by more, because anchors of a batch share their candidates."
    )


def found_words(statistics: Statistics) -> str:
    """Who finds candidates, and what happens to anchors without one."""
    text = leading(statistics, "found", "share of anchors with a candidate")
    without = [name for name in statistics.observed if statistics.values(name, "fallback").any()]
    if without:
        shares = ", ".join(f"{title_of(name)} {_value(statistics, name, 'fallback')}" for name in without)
        text += f" Without a candidate Random steps in: {shares} of the anchors."
    return text


def sharing_words(statistics: Statistics) -> str:
    """Whose negatives the model takes for the anchor's class."""
    return leading(statistics, "reached", "share of negatives that the model takes for the anchor's class")


def similarity_words(statistics: Statistics) -> str:
    """How many pairs are alike at all."""
    alike = ", ".join(f"{title_of(name)} {_value(statistics, name, 'similar')}" for name in statistics.observed)
    return (
        f"{leading(statistics, 'similarity', 'mean similarity')} A pair that the model puts into two classes has "
        f"similarity 0, and no force pulls at it; pairs above 0: {alike}."
    )


def contrast_words(statistics: Statistics) -> str:
    """Whose pairs training pushes apart the most."""
    return leading(statistics, "contrast", "contrast in training, which is what pushes the pairs apart")


def heads_words(statistics: Statistics) -> str:
    """Which heads the contrast comes from."""
    one = next(iter(statistics.observed.values()))
    if one.contrast.shape[1] == 1:
        return "This model has no reverse attention, so p' is the only head."
    final = max(float(seen.contrast[:, 0].mean()) for seen in statistics.observed.values())
    heads = np.max([seen.contrast[:, 1:].mean(axis=0) for seen in statistics.observed.values()], axis=0)
    if not heads.max() > 0 and not final > 0:
        return "No pair is alike on any head: there is nothing to push."
    if final <= 0.01 * heads.max():
        return (
            "Practically all of it comes from the auxiliary logits: in training p' has seen the labels through the "
            "attention, so two images of different classes are hardly ever alike there."
        )
    return "Both p' and the auxiliary logits take part."


def forces_words(statistics: Statistics, where: str) -> str:
    """What alpha does to the two forces."""
    alpha = statistics.weights.alpha
    if alpha == 1:
        divided = "At alpha 1 only the negative is pushed; the anchor is left where it is."
    elif alpha == 0:
        divided = "At alpha 0 only the anchor is pushed; the negative is left where it is."
    else:
        shares = f"the negative gets {percent(alpha)} of its force and the anchor {percent(1 - alpha)} of its"
        divided = f"At alpha {alpha:g} {shares}."
    end = "negative" if alpha > 0 else "anchor"
    return f"{divided} {leading(statistics, f'{end}_{where}', f'mean force on the {end}')}"


def pairs_words(statistics: Statistics, strategy: str) -> str:
    """The class pair that a strategy brings together most, unless blind picks might have done the same."""
    counts = statistics.pairs(strategy)
    images = counts.sum(axis=1)
    # Blind picks spread over the other classes as these are spread over the batches.
    even = images[None, :] / np.maximum(images.sum() - images, 1)[:, None]
    np.fill_diagonal(even, 0.0)
    tails = binom.sf(counts - 1, images[:, None], even)
    anchor, negative = np.unravel_index(np.argmax(np.where(tails * counts.size < 0.05, counts, -1)), counts.shape)
    if tails[anchor, negative] * counts.size >= 0.05:
        return f"**{title_of(strategy)}**: no pair comes up more often than blind picks could bring it."
    own, other, total = statistics.classes[anchor], statistics.classes[negative], images[anchor]
    return (
        f"**{title_of(strategy)}**: {counts[anchor, negative]} of {total} anchors {own} get a negative {other} "
        f"({percent(counts[anchor, negative] / total)}; blind picks {percent(even[anchor, negative])})."
    )


def agreement_words(statistics: Statistics, what: Literal["negative", "same_class"]) -> str:
    """Which strategies pick alike more often than blind picks would."""
    thing = "image" if what == "negative" else "class"
    found = {pair: statistics.agreement(*pair) for pair in combinations(statistics.observed, 2)}
    shares = {pair: both.negative if what == "negative" else both.same_class for pair, both in found.items()}
    one = next(iter(found.values()))
    chance = one.chance_negative if what == "negative" else one.chance_class
    same = [pair for pair, both in found.items() if both.negative.value == 1]
    more = [pair for pair, share in shares.items() if share.low > chance and pair not in same]
    less = [pair for pair, share in shares.items() if share.high < chance]
    text = [f"{titles_of(pair)} always pick the same image: they differ in what is done to it." for pair in same]
    blind = f"blind picks among the other classes would give {percent(chance, 1)}"
    if more:
        most = max(more, key=lambda pair: shares[pair].value)
        text.append(
            f"{titles_of(most)} pick the same {thing} for {percent(shares[most].value)} of the anchors; {blind}."
        )
        text += [f"More than chance: {_pairs(more)}."] if len(more) > 1 else []
    else:
        text.append(f"No {'other ' if same else ''}pair picks the same {thing} more often than by chance; {blind}.")
    text += [f"Less than chance: {_pairs(less)}."] if less else []
    return " ".join(text)


def success_words(statistics: Statistics, strategy: str) -> str:
    """How far the targeted attack gets."""
    steps = statistics.success(strategy)
    (first, before), (last, after) = steps[0], steps[-1]
    text = (
        f"After {len(steps) - 1} steps the model takes {value_text(last, 'reached')} of the negatives for the anchor's "
        f"class, before the first {value_text(first, 'reached')}; the mean probability of that class goes from "
        f"{percent(before.value, 1)} to {percent(after.value, 1)}."
    )
    if not statistics.gain(strategy).low > 0:
        return f"{text} That is no more than the noise: here the attack may well achieve nothing."
    if last.value < 0.5:
        text += " Where it fails, the pair stays unlike and the contrast has nothing to push."
    return text


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return "; ".join(titles_of(pair) for pair in pairs)


def _value(statistics: Statistics, name: str, measure: str) -> str:
    return value_text(statistics.measured(name, measure), measure).partition(" (")[0]
