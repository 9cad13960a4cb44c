"""The two repulsive forces of the contrast: what pulls an anchor and its negative apart, which alpha shares out.

The contrast of a pair is ``alpha * similarity(stop(x), x_o) + (1 - alpha) * similarity(x, stop(x_o))`` (docs/method.md,
section 2), so its gradient is alpha times the whole force on the negative and (1 - alpha) times the whole force on the
anchor.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ancra.losses.contrast import similarity
from ancra.models.prediction import Prediction


@dataclass(frozen=True)
class Forces:
    """The contrast of N pairs on one head, on the F features that the classifier reads there.

    Attributes:
        similarity: (N,) in [0, 1]; 0 where the two are not predicted alike.
        on_anchor: (N, F) gradient of the similarity with respect to the anchor's features: the whole force, at alpha 0.
        on_negative: (N, F) the same for the negative's features: the whole force, at alpha 1.
    """

    similarity: Tensor
    on_anchor: Tensor
    on_negative: Tensor


def heads_of(prediction: Prediction) -> list[int]:
    """The heads that the contrast acts on: 0, 1, ... for each block's auxiliary logits, -1 for the final ones."""
    return [*range(len(prediction.auxiliary)), -1]


def head_weight(index: int, heads: int, auxiliary_weight: float) -> float:
    """A head's weight in the whole contrast, of a model with ``heads`` auxiliary ones (docs/method.md, section 2)."""
    return 1.0 if index < 0 else auxiliary_weight / heads


def features_read(prediction: Prediction, index: int) -> Tensor:
    """(N, F) the features from which the classifier makes a head's logits."""
    return prediction.features_after[-1] if index < 0 else prediction.features_before[index]


def forces(classifier: nn.Linear, anchor: Prediction, negative: Prediction, index: int = -1) -> Forces:
    """The forces between anchors and their negatives on one head, by autograd through the classifier.

    Args:
        classifier: the model's ``head``. anchor, negative: predictions of N images each, in pairs, under the rows of
            their own labels as in training, or any other.
        index: the head, as in ``heads_of``.
    """
    x, other = (features_read(each, index).detach().requires_grad_() for each in (anchor, negative))
    with torch.enable_grad():
        alike = similarity(classifier(x), classifier(other))
        on_anchor, on_negative = torch.autograd.grad(alike.sum(), (x, other))
    return Forces(alike.detach(), on_anchor, on_negative)
