"""Ending a run by SIGTERM or Ctrl-C, in order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


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
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        raise RunCancelled(number)

    before: dict[int, Any] = {}
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            before[number] = signal.signal(number, end)
    except ValueError:
        before.clear()  # not the main thread: its signals are not ours to take
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
