"""When the memory is full: the same work in smaller parts."""

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

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
