"""Ending a run by SIGTERM or Ctrl-C, in order."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

ENDING = (signal.SIGTERM, signal.SIGINT)


class RunCancelled(BaseException):
    """Somebody ended the run by SIGTERM or Ctrl-C.

    Attributes:
        signal: the signal's number.
    """

    def __init__(self, number: int) -> None:
        self.signal = number
        super().__init__(signal.Signals(number).name)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn the first SIGTERM or Ctrl-C into RunCancelled; the second one kills."""

    def end(number: int, _frame: FrameType | None) -> None:
        for each in ENDING:
            signal.signal(each, signal.SIG_DFL)
        raise RunCancelled(number)

    with _handled_by(end):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold SIGTERM and Ctrl-C back until the block has ended.

    For what may not be left half done: an exception amid a queue of the standard library can leave its lock taken, and
    whoever waits for it waits for ever.
    """
    held: list[int] = []
    try:
        with _handled_by(lambda number, _frame: held.append(number)):
            yield
    finally:
        if held:
            signal.raise_signal(held[0])


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have the signals that end a run handled so, within the block."""
    before: dict[int, Any] = {}
    try:
        with suppress(ValueError):  # not the main thread: its signals are not ours to take
            for number in ENDING:
                before[number] = signal.signal(number, handler)
        yield
    finally:
        for each, own in before.items():
            signal.signal(each, own)
