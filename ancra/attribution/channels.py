"""Which channels the reverse attention turns up or down (docs/method.md, section 1)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ancra.arrays import FloatArray, IntArray
from ancra.attacks.verdict import decide, frozen
from ancra.errors import AncraError
from ancra.models.classifier import Classifier


@dataclass(frozen=True, eq=False)
class ChannelAttention:
    """What B reverse-attention blocks do to the pooled features of N images; F features, K classes.

    Attributes:
        before: (B, N, F) pooled features z. row: (B, N, F) the factors W[j]. after: (B, N, F) z' = z * W[j].
        rows: (B, N) the class j whose row each block took. auxiliary: (B, N, K) auxiliary logits p.
        logits: (N, K) final logits p'. weight: (K, F) the classifier's weight W. bias: (K,) its bias.
    """

    before: FloatArray
    row: FloatArray
    after: FloatArray
    rows: IntArray
    auxiliary: FloatArray
    logits: FloatArray
    weight: FloatArray
    bias: FloatArray

    @property
    def predicted(self) -> IntArray:
        """(N,) the model's answer, argmax of p'."""
        return self.logits.argmax(axis=1)

    def evidence_before(self, classes: IntArray | int) -> FloatArray:
        """(B, N, F) what each feature z adds to the auxiliary logit of a class, (N,) or one for all.

        Summed over the features, plus the bias, it is that logit.
        """
        return self.before * self._weights(classes)

    def evidence_after(self, classes: IntArray | int) -> FloatArray:
        """(B, N, F) what each feature z' adds to the logit of a class, by the same W.

        Of the last block it sums, with the bias, to the final logit p'; the z' of earlier blocks goes on to the next
        block instead, so theirs is what the classifier would say to it.
        """
        return self.after * self._weights(classes)

    @property
    def shift(self) -> FloatArray:
        """(B, N, F) by how much the attention changes a feature's share of all activity, |z'| against |z|.

        Shares sum to 1, so this does not depend on the overall scale of W, and it sums to 0: positive is turned up.
        """
        return _shares(self.after) - _shares(self.before)

    def turned_up(self, image: int, block: int = -1, count: int = 8) -> IntArray:
        """(count,) the features of an image whose share grew most, the most first; fewer when fewer grew."""
        return self._order(image, block, count, sign=1)

    def turned_down(self, image: int, block: int = -1, count: int = 8) -> IntArray:
        """(count,) the features of an image whose share fell most, the most first; fewer when fewer fell."""
        return self._order(image, block, count, sign=-1)

    def _order(self, image: int, block: int, count: int, sign: int) -> IntArray:
        moved = sign * self.shift[block, image]
        order = np.argsort(-moved, kind="stable")[:count]
        return order[moved[order] > 0]

    def _weights(self, classes: IntArray | int) -> FloatArray:
        """(N, F)."""
        return self.weight[np.broadcast_to(np.asarray(classes), self.logits.shape[:1])]


@dataclass(frozen=True, eq=False)
class ChannelChange:
    """The channels of the same N images before and after an attack."""

    natural: ChannelAttention
    adversarial: ChannelAttention

    @property
    def feature_similarity(self) -> FloatArray:
        """(B, N) cosine of the features z before and after the attack: how far the attack moved them."""
        return _cosine(self.natural.before, self.adversarial.before)

    @property
    def attended_similarity(self) -> FloatArray:
        """(B, N) cosine of the features z': above that of z where the attention undid the attack, below where it
        made it worse."""
        return _cosine(self.natural.after, self.adversarial.after)


def channel_attention(model: nn.Module, images: Tensor) -> ChannelAttention:
    """What the reverse attention of a model does to each channel.

    A feature is a channel, or a channel's pooled cell where the map is pooled to more than one cell
    (docs/method.md, section 1).

    Args:
        model: a classifier with reverse attention; its mode, gradients and BatchNorm statistics stay as they are.
        images: (N, C, H, W) in [0, 1].

    Raises:
        AncraError: the model has no reverse attention; images of another shape; logits that are not finite.
    """
    if not isinstance(model, Classifier) or not model.reverse_attention_blocks:
        raise AncraError("This model has no reverse attention, so no channel is turned up or down: choose one with it.")
    with frozen(model), torch.no_grad():
        decide(model, images)
        found = model.predict(images)
    weight, bias = model.head.weight.detach(), model.head.bias
    auxiliary = torch.stack(found.auxiliary)
    rows = auxiliary.argmax(dim=2)
    arrays = (
        torch.stack(found.features_before),
        weight[rows],
        torch.stack(found.features_after),
        rows,
        auxiliary,
        found.logits,
        weight,
        weight.new_zeros(len(weight)) if bias is None else bias.detach(),
    )
    return ChannelAttention(*(array.cpu().numpy() for array in arrays))


def compare_channels(model: nn.Module, natural: Tensor, adversarial: Tensor) -> ChannelChange:
    """The channels of images (N, C, H, W) before and after an attack.

    Raises:
        AncraError: as ``channel_attention``; the two batches differ in shape.
    """
    if natural.shape != adversarial.shape:
        raise AncraError(
            f"The same images before and after an attack are needed; got {tuple(natural.shape)} and "
            f"{tuple(adversarial.shape)}."
        )
    return ChannelChange(channel_attention(model, natural), channel_attention(model, adversarial))


def _shares(values: FloatArray) -> FloatArray:
    """|values| as shares of their sum over the last axis; 0 where all are 0."""
    size = np.abs(values)
    total = size.sum(axis=-1, keepdims=True)
    return np.divide(size, total, out=np.zeros_like(size), where=total > 0)


def _cosine(first: FloatArray, second: FloatArray) -> FloatArray:
    length = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    product = (first * second).sum(axis=-1)
    return np.divide(product, length, out=np.zeros_like(product), where=length > 0)
