"""Operations inside a forward pass that autograd cannot differentiate, and a backward pass that goes around them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from ancra.attacks.verdict import frozen

# What each does, by the name of PyTorch's operator.
BLOCKING = {
    "argmax": "a choice of the largest value (argmax)",
    "argmin": "a choice of the smallest value (argmin)",
    "round": "rounding",
    "floor": "rounding down",
    "ceil": "rounding up",
    "trunc": "truncation",
    "sign": "taking the sign",
    "sgn": "taking the sign",
    "heaviside": "a step function",
    "bernoulli": "a random choice",
    "multinomial": "a random choice",
    "rand": "random numbers",
    "randn": "random numbers",
    "rand_like": "random numbers",
    "randn_like": "random numbers",
    "normal": "random numbers",
    "uniform": "random numbers",
    "native_dropout": "dropout at test time",
    "_to_copy": "a change of number format",
}
# The operations, in words, that ``straight_through`` replaces.
GONE_AROUND = {BLOCKING[name] for name in ("round", "floor", "ceil", "trunc", "sign")}
ROUNDING: tuple[Callable[..., Any], ...] = (
    torch.round,
    torch.floor,
    torch.ceil,
    torch.trunc,
    torch.sign,
    Tensor.round,
    Tensor.floor,
    Tensor.ceil,
    Tensor.trunc,
    Tensor.sign,
)


class _Recorder(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Sequence[Any], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__.rstrip("_") if func.overloadpacket.__name__ != "_to_copy" else "_to_copy"
        leaves_floats = name == "_to_copy" and not result.is_floating_point() and args[0].is_floating_point()
        if name in BLOCKING and (name != "_to_copy" or leaves_floats):
            self.seen.add(name)
        return result


class _StraightThrough(TorchFunctionMode):
    def __torch_function__(
        self, func: Any, types: Sequence[Any], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in ROUNDING and args[0].requires_grad:
            return args[0] + (result - args[0]).detach()
        return result


def untouched_operations(model: nn.Module, images: Tensor) -> set[str]:
    """The non-differentiable or random operations that a forward pass runs, in words; empty when there are none."""
    recorder = _Recorder()
    with frozen(model), torch.no_grad(), recorder:
        model(images)
    return {BLOCKING[name] for name in recorder.seen}


@contextmanager
def straight_through() -> Iterator[None]:
    """Inside, rounding counts as the identity in the backward pass (BPDA, Athalye et al. 2018, section 4.1)."""
    with _StraightThrough():
        yield
