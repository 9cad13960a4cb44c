"""Asymmetric negative contrast (docs/method.md, section 2)."""

from collections.abc import Callable

import torch
from torch import Tensor

from ancra.models.prediction import Prediction


def over_heads(term: Callable[[int], Tensor], heads: int, auxiliary_weight: float) -> Tensor:
    """A term on p' plus ``auxiliary_weight`` times its mean over the auxiliary logits.

    Args:
        term: -1 -> the term on the final logits, b -> the term on the auxiliary logits of block b.
    """
    total = term(-1)
    if heads:
        total = total + auxiliary_weight * torch.stack([term(head) for head in range(heads)]).mean(dim=0)
    return total


def head(prediction: Prediction, index: int) -> Tensor:
    """(N, K) the final logits for index -1, else the auxiliary logits of a block."""
    return prediction.logits if index < 0 else prediction.auxiliary[index]


def similarity(anchor: Tensor, negative: Tensor) -> Tensor:
    """(N,) sqrt(max P(x) * max P(x_o)) where both logits (N, K) predict the same class, else 0; in [0, 1]."""
    p, p_class = anchor.softmax(dim=1).max(dim=1)
    q, q_class = negative.softmax(dim=1).max(dim=1)
    return torch.where(p_class == q_class, (p * q).sqrt(), torch.zeros_like(p))


def contrast(anchor: Tensor, negative: Tensor, alpha: float, valid: Tensor | None = None) -> Tensor:
    """The contrast of one head: a scalar, the sum over the batch divided by the batch size.

    Args:
        anchor: (N, K) logits of the anchors. negative: (N, K) logits of their negatives.
        alpha: share of the force on the negative, in [0, 1]; at 1 no gradient reaches the anchor.
        valid: (N,) bool; anchors without any negative count as 0.
    """
    push_negative = similarity(anchor.detach(), negative)
    push_anchor = similarity(anchor, negative.detach())
    each = alpha * push_negative + (1 - alpha) * push_anchor
    if valid is not None:
        each = each * valid
    return each.sum() / len(each)
