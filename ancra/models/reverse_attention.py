"""Reverse attention: a feature map weighted by a row of the classifier's weight (docs/method.md, section 1)."""

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from ancra.errors import AncraError

Attention = Callable[[Tensor], Tensor]
"""From auxiliary logits (N, K) to the rows to attend with: (N,) int64 class indices, or (N, K) float row weights."""


def predicted_rows(logits: Tensor) -> Tensor:
    """(N,) the row of the class that the auxiliary logits predict: the rule at test time."""
    return logits.argmax(dim=1)


def label_rows(labels: Tensor) -> Attention:
    """The rows of the given labels (N,): the rule while training."""
    return lambda logits: labels


def forced_rows(targets: Tensor | int) -> Attention:
    """The row of a chosen class, one for all images or (N,) one each, whatever the model predicts."""
    if isinstance(targets, Tensor):
        return label_rows(targets)
    return lambda logits: logits.argmax(dim=1).fill_(targets)


def soft_rows(temperature: float = 1.0) -> Attention:
    """The expectation of the rows under softmax(logits / temperature), which an attack can differentiate through."""
    if not temperature > 0:
        raise AncraError(f"The temperature of a soft attention must be above 0; got {temperature}.")
    return lambda logits: (logits / temperature).softmax(dim=1)


@dataclass(frozen=True)
class CellPool:
    """Average pooling to a fixed grid of cells, and its counterpart that lays values over the pooled pixels.

    Attributes:
        cells: rows and columns of the grid; when a side is not a multiple, the last cell is the smaller one.
    """

    cells: tuple[int, int] = (1, 1)

    def kernel(self, maps: Tensor) -> tuple[int, int]:
        """Height and width in pixels of a cell on these maps (N, C, H, W)."""
        (rows, columns), (height, width) = self.cells, maps.shape[2:]
        return -(-height // rows), -(-width // columns)

    def pool(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C * rows * columns), flattened as a linear classifier takes it."""
        return F.avg_pool2d(maps, self.kernel(maps), ceil_mode=True).flatten(1)

    def spread(self, values: Tensor, maps: Tensor) -> Tensor:
        """(N, C * rows * columns) -> a factor for ``maps`` (N, C, H, W): each cell's value over the pixels it pools."""
        values = values.view(values.shape[0], maps.shape[1], *self.cells)
        if self.cells == (1, 1):
            return values
        height, width = self.kernel(maps)
        whole = F.interpolate(values, scale_factor=(float(height), float(width)), mode="nearest")
        return whole[:, :, : maps.shape[2], : maps.shape[3]]


@dataclass(frozen=True)
class Attended:
    """What one reverse-attention step gives: z' (N, C, H, W), p_b (N, K), and pooled z and z' (N, F)."""

    maps: Tensor
    auxiliary: Tensor
    before: Tensor
    after: Tensor


def attend(maps: Tensor, pool: CellPool, head: nn.Linear, attention: Attention) -> Attended:
    """One reverse-attention step on the feature map z.

    Args:
        maps: (N, C, H, W), the map z after the activation.
        pool: the pooling in front of ``head``.
        head: the classifier, whose weight W gives the rows.
        attention: chooses the rows from the auxiliary logits.
    """
    before = pool.pool(maps)
    auxiliary = head(before)
    weighted = maps * pool.spread(_rows(head.weight, attention(auxiliary), auxiliary), maps)
    return Attended(weighted, auxiliary, before, pool.pool(weighted))


def _rows(weight: Tensor, chosen: Tensor, logits: Tensor) -> Tensor:
    if chosen.is_floating_point() and chosen.shape == logits.shape:
        return chosen.to(weight.dtype) @ weight
    if not chosen.is_floating_point() and chosen.shape == logits.shape[:1]:
        return weight[chosen]
    raise AncraError(
        f"An attention gives {len(logits)} class indices or {tuple(logits.shape)} float weights; "
        f"got {tuple(chosen.shape)} of {chosen.dtype}."
    )
