"""What a step keeps in memory; and when the memory is full, the same work in smaller parts."""

import gc
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from ancra.errors import AncraError

T = TypeVar("T")
# As torch says it on a CPU, on Linux and elsewhere.
CPU_MESSAGES = ("can't allocate memory", "not enough memory")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a device's memory is full."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(message in str(error) for message in CPU_MESSAGES)


def in_parts(work: Callable[[int], T], parts: int, most: int, smaller: Callable[[int], None]) -> T:
    """``work(parts)``, begun again with twice as many parts whenever the memory is full.

    Args:
        work: computes everything in so many parts; it may be cut short and begun again.
        most: the number of parts that cannot be cut any further.
        smaller: is told the new number of parts, before the work begins again.

    Raises:
        AncraError: not even the smallest parts fit.
    """
    while True:
        try:
            return work(parts)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
        # Here the traceback is gone, and with it what it held.
        if parts >= most:
            raise AncraError("The device's memory does not even hold two images at once: choose a smaller model.")
        parts = min(2 * parts, most)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        smaller(parts)


class SavedForBackward(torch.autograd.graph.saved_tensors_hooks):
    """Counts the bytes that are kept for backward passes while this context lasts; each storage counts once.

    Args:
        model: whose parameters do not count.

    Attributes:
        peak: the most at any moment.
    """

    def __init__(self, model: nn.Module) -> None:
        self.peak = 0
        self._now = 0
        self._holders: Counter[int] = Counter()
        self._own = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
        super().__init__(self._pack, lambda kept: kept.tensor)

    def _pack(self, tensor: Tensor) -> "_Kept":
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if place in self._own:
            return _Kept(tensor, lambda: None)
        self._holders[place] += 1
        if self._holders[place] == 1:
            self._now += size
            self.peak = max(self.peak, self._now)

        def let_go() -> None:
            self._holders[place] -= 1
            if not self._holders[place]:
                self._now -= size

        return _Kept(tensor, let_go)


class _Kept:
    """A tensor that the backward pass will need, until nothing holds it any more."""

    def __init__(self, tensor: Tensor, let_go: Callable[[], None]) -> None:
        self.tensor, self.let_go = tensor, let_go

    def __del__(self) -> None:
        self.let_go()
