"""The memory of the server: what results hold, a bound on it, and garbage collection that holds up no visitor."""

import gc
import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import is_dataclass
from typing import Any

from pydantic import BaseModel

ENTRY = 1024  # bytes that the smallest result counts for, with its key


class Kept:
    """Results in memory up to a number of bytes, for all threads.

    The least recently asked for make room; the newest one always stays.

    Args:
        most: bytes that they may hold.
    """

    def __init__(self, most: int) -> None:
        self._lock = threading.Lock()
        self._results: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._most, self._held = most, 0

    def get(self, key: Hashable, otherwise: Any = None) -> Any:
        """The result under a key, or something else where there is none."""
        with self._lock:
            if key not in self._results:
                return otherwise
            self._results.move_to_end(key)
            return self._results[key][0]

    def put(self, key: Hashable, result: Any) -> None:
        """Keep a result; what was under its key is gone."""
        size = held_bytes(result) + ENTRY
        with self._lock:
            self._held += size - self._results.pop(key, (None, 0))[1]
            self._results[key] = result, size
            while self._held > self._most and len(self._results) > 1:
                self._held -= self._results.popitem(last=False)[1][1]


def freeze_memory() -> None:
    """Take what the libraries have made out of garbage collection.

    Streamlit collects everything after each run of a page, with all other threads standing still: with torch and
    Plotly loaded that took 0.2 s and more, during which no file reached the browser.
    """
    gc.collect()
    gc.freeze()


def held_bytes(value: Any) -> int:
    """About how many bytes a result holds: those of its arrays, tensors and texts, each counted once."""
    seen: set[int] = set()
    left, total = [value], 0
    while left:
        each = left.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(size := getattr(each, "nbytes", None), int):
            total += size
        elif isinstance(each, str | bytes | bytearray):
            total += len(each)
        elif isinstance(each, Mapping):
            left += each.values()
        elif isinstance(each, Collection):
            left += each
        elif is_dataclass(each) or isinstance(each, BaseModel):
            left += vars(each).values()
    return total
