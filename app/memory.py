"""The memory of the server: what results hold, and garbage collection that does not hold up the visitors."""

import gc
from collections.abc import Collection, Mapping
from dataclasses import is_dataclass
from typing import Any

from pydantic import BaseModel


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
