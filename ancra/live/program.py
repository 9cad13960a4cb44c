"""A live network's operations on one image, and their meaning in torch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from ancra.models.reverse_attention import Attention, predicted_rows

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Operation:
    """One step of a network; its result is the value whose number is its place in the list, counted from 1.

    Attributes:
        kind: the name of what it does (docs/live.md, Operations).
        inputs: the numbers of the values that it reads; 0 is the image.
        shape: channels, height and width of its result; a vector of F numbers is (F, 1, 1).
        weights: the names of its tensors by their part (weight, bias, scale, shift).
        settings: whole numbers, pairs of them (rows, columns) and flags.
    """

    kind: str
    inputs: tuple[int, ...]
    shape: Shape
    weights: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """All operations in the order of their computation.

    Attributes:
        tensors: the weights by name, as the operations name them.
        results: the numbers of the values that are the program's results.
    """

    operations: tuple[Operation, ...]
    tensors: dict[str, Tensor]
    results: tuple[int, ...]

    def run(self, images: Tensor, attention: Attention = predicted_rows) -> tuple[Tensor, ...]:
        """The results, (N, C, H, W) each, of images (N, C, H, W), as torch computes them in their number format."""
        values = [images]
        for each in self.operations:
            weights = {part: self.tensors[name].to(images.dtype) for part, name in each.weights.items()}
            inputs = [values[number] for number in each.inputs]
            found = _MEANING[each.kind](*inputs, **weights, **each.settings, shape=each.shape, attention=attention)
            values.append(found.reshape(len(images), *each.shape))
        return tuple(values[number] for number in self.results)


def _convolved(
    maps: Tensor, weight: Tensor, stride: Any, padding: Any, groups: int, bias: Any = None, **_: Any
) -> Tensor:
    return F.conv2d(maps, weight, bias, stride, padding, groups=groups)


def _averaged(
    maps: Tensor, kernel: Any, stride: Any, padding: Any, padded_count: bool, shape: Shape, **_: Any
) -> Tensor:
    return F.avg_pool2d(
        maps, kernel, stride, padding, _rounds_up(maps, kernel, stride, padding, shape), count_include_pad=padded_count
    )


def _largest(maps: Tensor, kernel: Any, stride: Any, padding: Any, shape: Shape, **_: Any) -> Tensor:
    up = _rounds_up(maps, kernel, stride, padding, shape)
    return F.max_pool2d(maps, kernel, stride, padding, ceil_mode=up)


def _rounds_up(maps: Tensor, kernel: Any, stride: Any, padding: Any, shape: Shape) -> bool:
    """Whether the last windows reach over the edge, which the number of windows tells."""
    sides = zip(maps.shape[2:], kernel, stride, padding, shape[1:], strict=True)
    return any((side + 2 * pad - size) // step + 1 < found for side, size, step, pad, found in sides)


def _row(logits: Tensor, weight: Tensor, attention: Attention, **_: Any) -> Tensor:
    chosen = attention(logits.flatten(1))
    return chosen @ weight if chosen.is_floating_point() else weight[chosen]


def _cropped(maps: Tensor, step: Any, shape: Shape, **_: Any) -> Tensor:
    return maps[..., :: step[0], :: step[1]][..., : shape[1], : shape[2]]


_MEANING: dict[str, Callable[..., Tensor]] = {
    "conv": _convolved,
    "linear": lambda maps, weight, bias=None, **_: F.linear(maps.flatten(1), weight, bias),
    "relu": lambda maps, **_: F.relu(maps),
    "add": lambda left, right, **_: left + right,
    "multiply": lambda left, right, **_: left * right,
    "affine": lambda maps, scale, shift, **_: maps * scale.view(-1, 1, 1) + shift.view(-1, 1, 1),
    "average": _averaged,
    "maximum": _largest,
    "reshape": lambda maps, **_: maps,
    "repeat": lambda maps, factor, **_: maps.repeat_interleave(factor[0], 2).repeat_interleave(factor[1], 3),
    "crop": _cropped,
    "row": _row,
}
