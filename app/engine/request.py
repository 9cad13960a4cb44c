"""What a page asks to be computed: plain data that any process can be given, and what it gets back."""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ancra.progress import OnProgress


@dataclass(frozen=True)
class Source:
    """A checkpoint: its file, and the digest of its weights and model settings."""

    path: str
    digest: str


@dataclass(frozen=True)
class Request:
    """One computation.

    Attributes:
        what: a name of ``app.engine.kinds.KINDS``.
        source: the model. settings: what is asked of it, the same for all images.
        item: what is this request's own: its image, its class, the class to reach.
        alike: requests that are equal in this may be computed together, each with the answer it would have alone;
            None for one that stands alone.
        most: how many at once.
        read_only: whether results are not to be stored.
    """

    what: str
    source: Source
    settings: Any = None
    item: Any = None
    alike: Hashable = None
    most: int = 1
    read_only: bool = False

    @property
    def group(self) -> Hashable:
        """What requests share that may be computed together."""
        return self.what, self.source, self.settings, self.alike


@dataclass(frozen=True)
class Answer:
    """What requests that were computed together gave.

    Attributes:
        results: one for each.
        device: where they were computed, at last.
        remark: one sentence where a device's memory was not enough.
    """

    results: Sequence[Any]
    device: str
    remark: str | None = None


class Engine(Protocol):
    """Answers requests somewhere else than in the pages' Python."""

    @property
    def at_once(self) -> int:
        """How many computations it is worth handing it at the same time."""
        ...

    @property
    def place(self) -> str:
        """Where it computes, for people: "the CPU"."""
        ...

    def run(
        self, request: Request, items: Sequence[Any], on_progress: OnProgress, stop: threading.Event | None = None
    ) -> Answer:
        """The answer to a request for each of several items, ``request.item`` aside.

        Args:
            on_progress: called with (done, total) meanwhile, where that is known.
            stop: asks work that can be ended early for what it has.

        Raises:
            AncraError: what computes was ended twice, or is not there; and whatever the computation raises.
        """
        ...

    def get_ready(self, request: Request) -> None:
        """Have all that computes do what makes later requests quicker. Raises AncraError."""

    def close(self) -> None:
        """End what was started."""


Function = Callable[..., Sequence[Any]]
"""A kind of request: (place, request, items) -> a result for each item."""
