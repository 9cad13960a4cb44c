"""What each operation of torch becomes in a live network (docs/live.md, Operations)."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.export import ExportedProgram
from torch.fx import Node

from ancra.live.graph import Graph, operator_name, shape_of, unsupported
from ancra.live.program import Program


def program_of(exported: ExportedProgram) -> Program:
    """The operations of a graph that was exported for one image (1, C, H, W).

    Raises:
        AncraError: it has an operation that a live network does not know; the sentence names it.
    """
    graph = Graph(exported)
    for node in graph.open:
        name = operator_name(node)
        if name not in _TRANSLATED:
            raise unsupported(name)
        _TRANSLATED[name](graph, node, *graph.arguments(node))
    return graph.program()


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    both = (value, value) if isinstance(value, int) else tuple(value)
    return (both[0], both[-1])


def _per_channel(constant: Tensor | float, node: Node) -> Tensor:
    """(C,) a constant that is laid over a map, one number a channel. Raises AncraError where it differs by pixel."""
    channels, dimensions = shape_of(node)[0], len(node.meta["val"].shape)
    tensor = torch.as_tensor(constant, dtype=torch.float32)
    tensor = tensor.reshape((1,) * (dimensions - tensor.dim()) + tuple(tensor.shape))
    if tensor.numel() not in (1, channels) or tensor.shape[1] != tensor.numel():
        raise unsupported("arithmetic with a constant that differs from pixel to pixel")
    return tensor.flatten().expand(channels).contiguous()


def _affine(graph: Graph, node: Node, source: Any, scale: Tensor | float, shift: Tensor | float) -> None:
    graph.emit(node, "affine", [source], scale=_per_channel(scale, node), shift=_per_channel(shift, node))


def _conv2d(
    graph: Graph,
    node: Node,
    source: Any,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> None:
    if isinstance(padding, str) or _pair(dilation) != (1, 1):
        raise unsupported("a dilated convolution" if not isinstance(padding, str) else "a convolution padded by name")
    if any(pad >= side for pad, side in zip(_pair(padding), weight.shape[2:], strict=True)):
        raise unsupported("a convolution padded by more than its kernel")
    graph.emit(
        node,
        "conv",
        [source],
        weight=weight,
        bias=bias,
        stride=_pair(stride),
        padding=_pair(padding),
        groups=groups,
    )


def _linear(graph: Graph, node: Node, source: Any, weight: Tensor, bias: Tensor | None) -> None:
    graph.emit(node, "linear", [source], weight=weight, bias=bias)


def _batch_norm(
    graph: Graph,
    node: Node,
    source: Any,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    variance: Tensor,
    training: bool,
    momentum: float,
    epsilon: float,
    *rest: Any,
) -> None:
    if training or mean is None:
        raise unsupported("batch_norm with the statistics of its batch")
    scale = (variance + epsilon).rsqrt() * (1.0 if weight is None else weight)
    shift = (0.0 if bias is None else bias) - mean * scale
    graph.emit(node, "affine", [source], scale=scale, shift=shift)


def _add(graph: Graph, node: Node, left: Any, right: Any, alpha: float = 1) -> None:
    _sum(graph, node, left, right, alpha)


def _subtract(graph: Graph, node: Node, left: Any, right: Any, alpha: float = 1) -> None:
    _sum(graph, node, left, right, -alpha)


def _sum(graph: Graph, node: Node, left: Any, right: Any, factor: float) -> None:
    """left + factor * right."""
    if not graph.holds(left):
        _affine(graph, node, right, factor, left)
    elif not graph.holds(right):
        _affine(graph, node, left, 1.0, factor * right)
    elif factor == 1 and shape_of(left) == shape_of(right):
        graph.emit(node, "add", [left, right])
    else:
        raise unsupported("a difference or a broadcast sum of two maps")


def _multiply(graph: Graph, node: Node, left: Any, right: Any) -> None:
    if not graph.holds(left) or not graph.holds(right):
        value, constant = (left, right) if graph.holds(left) else (right, left)
        _affine(graph, node, value, constant, 0.0)
        return
    maps, factor = sorted([left, right], key=lambda item: -math.prod(shape_of(item)))
    if shape_of(maps) != shape_of(node) or shape_of(factor) not in (shape_of(maps), (shape_of(maps)[0], 1, 1)):
        raise unsupported("a product of maps of shapes that do not fit")
    graph.emit(node, "multiply", [maps, factor])


def _divide(graph: Graph, node: Node, left: Any, right: Any) -> None:
    if graph.holds(right):
        raise unsupported("a division by a map")
    _affine(graph, node, left, 1.0 / torch.as_tensor(right, dtype=torch.float32), 0.0)


def _addcmul(graph: Graph, node: Node, base: Any, left: Any, right: Any, value: float = 1) -> None:
    maps, factor = (left, right) if graph.holds(left) else (right, left)
    if graph.holds(base) or graph.holds(factor):
        raise unsupported("addcmul of two maps")
    _affine(graph, node, maps, value * factor, base)


def _average(
    graph: Graph,
    node: Node,
    source: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil: bool,
    padded_count: bool,
    divisor: int | None,
) -> None:
    if divisor is not None:
        raise unsupported("avg_pool2d with a divisor of its own")
    sizes = {"kernel": _pair(kernel), "stride": _pair(stride or kernel), "padding": _pair(padding)}
    graph.emit(node, "average", [source], **sizes, padded_count=padded_count)


def _maximum(
    graph: Graph, node: Node, source: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> None:
    if _pair(dilation) != (1, 1):
        raise unsupported("a dilated max_pool2d")
    sizes = {"kernel": _pair(kernel), "stride": _pair(stride or kernel), "padding": _pair(padding)}
    graph.emit(node, "maximum", [source], **sizes)


def _adaptive_average(graph: Graph, node: Node, source: Any, size: Any) -> None:
    _, height, width = shape_of(source)
    _, rows, columns = shape_of(node)
    if height % rows or width % columns:
        raise unsupported("adaptive_avg_pool2d to cells of unlike size")
    kernel = (height // rows, width // columns)
    graph.emit(node, "average", [source], kernel=kernel, stride=kernel, padding=(0, 0), padded_count=True)


def _mean(graph: Graph, node: Node, source: Any, dimensions: Any, keep: bool, dtype: Any) -> None:
    if sorted(dimension % 4 for dimension in dimensions or ()) != [2, 3] or len(source.meta["val"].shape) != 4:
        raise unsupported("a mean over anything but a map's pixels")
    kernel = shape_of(source)[1:]
    graph.emit(node, "average", [source], kernel=kernel, stride=kernel, padding=(0, 0), padded_count=True)


def _reshape(graph: Graph, node: Node, source: Any, *rest: Any) -> None:
    if shape_of(node) == shape_of(source):
        graph.same(node, source)
    else:
        graph.emit(node, "reshape", [source])


def _argmax(graph: Graph, node: Node, source: Any, dimension: int | None, keep: bool) -> None:
    if dimension not in (1, -1) or keep or shape_of(source)[1:] != (1, 1):
        raise unsupported("argmax over anything but the classes")
    graph.choices[node] = graph.value(source)


def _index(graph: Graph, node: Node, table: Any, places: Sequence[Any]) -> None:
    if not isinstance(table, Tensor) or table.dim() != 2 or len(places) != 1 or places[0] not in graph.choices:
        raise unsupported("indexing other than a weight's row of the likeliest class")
    graph.emit_on(node, "row", [graph.choices[places[0]]], weight=table)


def _repeat(graph: Graph, node: Node, source: Any, size: Any, factors: Any) -> None:
    _, height, width = shape_of(source)
    _, rows, columns = shape_of(node)
    if rows % height or columns % width:
        raise unsupported("an enlargement by a broken factor")
    graph.emit(node, "repeat", [source], factor=(rows // height, columns // width))


def _crop(graph: Graph, node: Node, source: Any, dimension: int, start: Any, end: Any, step: int) -> None:
    if dimension < 2 and shape_of(node) == shape_of(source):
        graph.same(node, source)
    elif dimension < 2 or start not in (None, 0):
        raise unsupported("a slice other than of a map's first pixels")
    else:
        steps = (step, 1) if dimension == 2 else (1, step)
        graph.emit(node, "crop", [source], step=steps)


def _same(graph: Graph, node: Node, source: Any, *rest: Any) -> None:
    graph.same(node, source)


def _dropout(graph: Graph, node: Node, source: Any, share: float, training: bool) -> None:
    if training:
        raise unsupported("dropout while training")
    graph.same(node, source)


_TRANSLATED: dict[str, Callable[..., None]] = {
    "conv2d": _conv2d,
    "linear": _linear,
    "relu": lambda graph, node, source: graph.emit(node, "relu", [source]),
    "batch_norm": _batch_norm,
    "add": _add,
    "sub": _subtract,
    "mul": _multiply,
    "div": _divide,
    "addcmul": _addcmul,
    "avg_pool2d": _average,
    "max_pool2d": _maximum,
    "adaptive_avg_pool2d": _adaptive_average,
    "mean": _mean,
    **dict.fromkeys(("flatten", "view", "reshape", "unsqueeze", "squeeze"), _reshape),
    "argmax": _argmax,
    "index": _index,
    "upsample_nearest2d": _repeat,
    "slice": _crop,
    **dict.fromkeys(("alias", "clone", "contiguous", "detach", "to"), _same),
    "dropout": _dropout,
}
