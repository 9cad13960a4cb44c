"""What a queue is given to do: work that says how far it is, alone or together with like work."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Progress:
    """How far a computation is. The work calls it with (done, total); the page reads it."""

    done: float = 0
    total: float = 0
    started: float | None = None

    def __call__(self, done: float, total: float = 1, *_: object, **__: object) -> None:
        self.done, self.total = done, total

    @property
    def share(self) -> float | None:
        """0 ... 1, or None while nothing is known."""
        return min(self.done / self.total, 1.0) if self.total else None


@dataclass(frozen=True)
class Batched:
    """Work that is done for several requests at once, where they wait at the same time.

    Attributes:
        like: what requests must have in common to be computed together.
        item: what is this request's own.
        work: (items, progress) -> a result for each, the same as if the item had come alone.
        most: how many items at once.
    """

    like: Hashable
    item: Any
    work: Callable[[Sequence[Any], Progress], Sequence[Any]]
    most: int = 32


Work = Callable[[Progress], Any] | Batched
