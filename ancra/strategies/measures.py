"""What is measured of a strategy: a number for each anchor, whose mean or share over all anchors is the measure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ancra.arrays import FloatArray
from ancra.errors import AncraError
from ancra.strategies.observed import Observed


@dataclass(frozen=True)
class Weights:
    """How the parts of the contrast are weighed (docs/method.md, section 2).

    Attributes:
        alpha: share of the force on the negative, in [0, 1]. auxiliary: weight of the auxiliary logits' mean.

    Raises:
        AncraError: alpha outside [0, 1].
    """

    alpha: float = 1.0
    auxiliary: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise AncraError(
                f"alpha = {self.alpha:g} does not work: it is the share of the force on the negative, from 0 to 1."
            )

    def summed(self, heads: FloatArray) -> FloatArray:
        """(N,) p' plus the weighted mean over the auxiliary logits, from (N, H)."""
        return heads[:, 0] + self.auxiliary * heads[:, 1:].mean(axis=1) if heads.shape[1] > 1 else heads[:, 0]

    def length(self, heads: FloatArray) -> FloatArray:
        """(N,) the length of the force on all heads together, from the lengths (N, H) on each."""
        share = self.auxiliary / max(heads.shape[1] - 1, 1)
        return np.sqrt(heads[:, 0] ** 2 + share**2 * (heads[:, 1:] ** 2).sum(axis=1))


@dataclass(frozen=True)
class Measure:
    """A number for each anchor.

    Attributes:
        title: short, for a table. words: what it says, as the end of "measured is ...".
        kind: a share of anchors, or a mean over anchors.
        of: (observed, weights) -> (N,).
    """

    title: str
    words: str
    kind: Literal["share", "mean"]
    of: Callable[[Observed, Weights], Any]


MEASURES: dict[str, Measure] = {
    "found": Measure(
        "With a candidate",
        "the share of anchors for which an image of the batch meets the condition",
        "share",
        lambda seen, _: seen.candidates > 0,
    ),
    "fallback": Measure(
        "Random stepped in", "the share of anchors without a candidate", "share", lambda seen, _: seen.fallback
    ),
    "candidates": Measure(
        "Candidates", "the number of candidates of an anchor", "mean", lambda seen, _: seen.candidates
    ),
    "similarity": Measure(
        "Similarity", "the similarity on p' as the model answers by itself", "mean", lambda seen, _: seen.similarity
    ),
    "similar": Measure(
        "Similarity above 0",
        "the share of pairs that the model by itself puts into one class",
        "share",
        lambda seen, _: seen.similarity > 0,
    ),
    "contrast": Measure(
        "Contrast",
        "the contrast as training computes it, p' and the auxiliary logits",
        "mean",
        lambda seen, weights: weights.summed(seen.contrast),
    ),
    "contrast_final": Measure("of p'", "its term on p'", "mean", lambda seen, _: seen.contrast[:, 0]),
    "contrast_auxiliary": Measure(
        "of the auxiliary logits",
        "its mean term on the auxiliary logits",
        "mean",
        lambda seen, _: seen.contrast[:, 1:].mean(axis=1) if seen.contrast.shape[1] > 1 else np.zeros(len(seen)),
    ),
    "contrasted": Measure(
        "Contrast above 0",
        "the share of pairs on which the contrast pulls at all",
        "share",
        lambda seen, _: (seen.contrast > 0).any(axis=1),
    ),
    "negative_logits": Measure(
        "Force on the negative's logits",
        "the length of the contrast's gradient on the negative's logits, alpha of the whole",
        "mean",
        lambda seen, weights: weights.alpha * weights.length(seen.logit_force),
    ),
    "anchor_logits": Measure(
        "Force on the anchor's logits",
        "the length of the contrast's gradient on the anchor's logits, 1 - alpha of the whole",
        "mean",
        lambda seen, weights: (1 - weights.alpha) * weights.length(seen.anchor_logit_force),
    ),
    "negative_features": Measure(
        "Force on the negative's features",
        "the length of the contrast's gradient on the negative's features, alpha of the whole",
        "mean",
        lambda seen, weights: weights.alpha * weights.length(seen.feature_force),
    ),
    "anchor_features": Measure(
        "Force on the anchor's features",
        "the length of the contrast's gradient on the anchor's features, 1 - alpha of the whole",
        "mean",
        lambda seen, weights: (1 - weights.alpha) * weights.length(seen.anchor_feature_force),
    ),
    "as_label": Measure(
        "h(OE) = gt(ne)",
        "the share of negatives, before any perturbation, that the model takes for the anchor's true class",
        "share",
        lambda seen, _: seen.negative_predicted == seen.label,
    ),
    "as_predicted": Measure(
        "h(OE) = h(ne)",
        "the share of negatives, before any perturbation, that the model puts into the class it gives the anchor",
        "share",
        lambda seen, _: seen.negative_predicted == seen.predicted,
    ),
    "right": Measure(
        "h(OE) = gt(OE)",
        "the share of negatives, before any perturbation, that the model answers rightly",
        "share",
        lambda seen, _: seen.negative_predicted == seen.negative_label,
    ),
    "reached": Measure(
        "Taken for the anchor's class",
        "the share of negatives, after the perturbation, that the model takes for the anchor's true class",
        "share",
        lambda seen, _: seen.moved_predicted == seen.label,
    ),
}
