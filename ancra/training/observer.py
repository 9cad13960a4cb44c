"""What a training run tells whoever watches it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from ancra.progress import OnProgress

EpochRow = Mapping[str, float]
"""The numbers of an epoch by name, a line of ``metrics.jsonl``: ``epoch`` (1 is the first), losses, accuracies."""


@dataclass(frozen=True)
class RunProgress:
    """Where a run stands.

    Attributes:
        epoch: whole epochs done.
        step, steps: steps done in the current epoch, and how many it has.
        remaining: seconds that are left, as far as can be told; None at the start.
        loss: of the step's batch; None where asking for it would hold up the device.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    remaining: float | None
    loss: float | None = None

    @property
    def fraction(self) -> float:
        """Share of the whole run that is done, 0 to 1."""
        return min((self.epoch + self.step / max(self.steps, 1)) / self.epochs, 1.0)


class Observer(Protocol):
    """Receives what happens, in this order; it may raise to end the run."""

    def started(self, epoch: int) -> None:
        """Training (re)starts with ``epoch`` whole epochs done: whatever was recorded after them is void."""

    def progressed(self, progress: RunProgress) -> None:
        """After every step."""

    def epoch_finished(self, row: EpochRow) -> None:
        """After every epoch, before its state is kept: the row of ``metrics.jsonl``."""

    def log(self, line: str) -> None:
        """A line for people."""


class NullObserver:
    """An observer that takes no notice: that of processes which help another one."""

    def started(self, epoch: int) -> None:
        """Nothing."""

    def progressed(self, progress: RunProgress) -> None:
        """Nothing."""

    def epoch_finished(self, row: EpochRow) -> None:
        """Nothing."""

    def log(self, line: str) -> None:
        """Nothing."""


def preparing(say: Callable[[str], None], every: float = 10) -> OnProgress:
    """Tells (done, total) of fetching or decoding data in a line for people, at most one in ``every`` seconds."""
    last = monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if monotonic() - last >= every:
            last = monotonic()
            say(f"preparing the data: {done / total:.0%}")

    return tell
