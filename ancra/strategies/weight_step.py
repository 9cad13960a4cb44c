"""What training really does to a pair: one step of gradient descent on the weights, then both images anew."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ancra.losses.contrast import contrast, head, over_heads
from ancra.models.classifier import Classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import label_rows


def contrast_of_pair(prediction: Prediction, alpha: float, auxiliary_weight: float) -> Tensor:
    """The whole contrast, over all heads, of an anchor and its negative: a prediction of these two images."""
    return over_heads(
        lambda index: contrast(head(prediction, index)[:1], head(prediction, index)[1:], alpha),
        len(prediction.auxiliary),
        auxiliary_weight,
    )


def weight_steps(
    model: Classifier, images: Tensor, labels: Tensor, alphas: Sequence[float], step: float, auxiliary_weight: float
) -> list[Prediction]:
    """The predictions of a pair after one step of the weights down its contrast, for each alpha; the model stays.

    The step is plain gradient descent on this pair alone (no momentum, no decay), with the rows of the labels as in
    training, and BatchNorm as in use: a batch of two would have statistics of its own.

    Args:
        images: (2, C, H, W) in [0, 1], the anchor and its negative. labels: (2,) their own.
        step: how far to go: the gradient of the contrast is multiplied by it.
    """
    own = label_rows(labels)
    moved = copy.deepcopy(model).eval().requires_grad_(True)
    weights = list(moved.parameters())
    with torch.enable_grad():
        before = moved.predict(images, own)
        at_ends = [_gradients(contrast_of_pair(before, alpha, auxiliary_weight), weights) for alpha in (0.0, 1.0)]
    start = [weight.detach().clone() for weight in weights]
    after = []
    with torch.no_grad():
        for alpha in alphas:
            for weight, origin, on_anchor, on_negative in zip(weights, start, *at_ends, strict=True):
                # The contrast is linear in alpha, and so is its gradient.
                weight.copy_(origin - step * ((1 - alpha) * on_anchor + alpha * on_negative))
            after.append(moved.predict(images, own))
    return after


def _gradients(loss: Tensor, weights: Sequence[nn.Parameter]) -> list[Tensor]:
    found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(w) if g is None else g for w, g in zip(weights, found, strict=True)]
