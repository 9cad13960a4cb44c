"""Processes that compute beside the pages; a killed one is replaced, and what it was doing is done once more."""

import os
import queue
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ancra.errors import AncraError
from ancra.progress import OnProgress, unheard
from app.engine.board import Board
from app.engine.request import Answer, Request
from app.engine.stand_by import StandBy

if TYPE_CHECKING:
    from loky import ProcessPoolExecutor

T = TypeVar("T")

TOLD = 0.2
"""Seconds after which it is looked again how far a computation is."""
KILLED = (
    "The process that computed this was ended twice, most often because memory ran out: "
    "try fewer steps or smaller images, or try again later."
)


@dataclass
class Seat:
    """A process's place: its device, the process once it is needed, and what it tells on its way."""

    device: str
    process: "ProcessPoolExecutor | None" = None
    board: Board = field(default_factory=Board)


class Processes:
    """A process for each device given, one torch thread each, started when they are first needed.

    Each stands alone: where one is killed, nobody else's computation ends with it.

    Args:
        devices: of the processes; the same one may come several times. Without any, it is computed here, on ``here``.
    """

    def __init__(self, devices: Sequence[str], here: str = "cpu") -> None:
        self._devices, self._here = [*devices], here
        self._seats = [Seat(device) for device in devices]
        self._stand_by = StandBy()
        self._free: queue.LifoQueue[Seat] = queue.LifoQueue()
        for seat in reversed(self._seats):
            self._free.put(seat)
        self._tidy = weakref.finalize(self, _remove, [seat.board for seat in self._seats])

    @property
    def at_once(self) -> int:
        """As many as there are processes; without any, two or as many as there are cores."""
        return len(self._devices) or cores()

    @property
    def place(self) -> str:
        """The device, or devices, for people."""
        return devices_in_words(self._devices or [self._here])

    def run(
        self, request: Request, items: Sequence[Any], on_progress: OnProgress, stop: threading.Event | None = None
    ) -> Answer:
        """The answer to a request, as ``Engine.run``."""
        if not self._devices:
            from app.engine.answering import answer

            return answer(request, items, self._here, on_progress, stop.is_set if stop else lambda: False)
        return self.call(_answer, request, items, on_progress=on_progress, stop=stop)

    def get_ready(self, request: Request) -> None:
        """Have each process do it, as far as they are free; from then on another stands by for one that is killed."""
        with ThreadPoolExecutor(self.at_once) as threads:
            for each in [threads.submit(self.run, request, [None], unheard) for _ in self._devices or [self._here]]:
                each.result()
        if self._devices:
            self._stand_by.begin()

    def call(
        self,
        function: Callable[..., T],
        *args: Any,
        on_progress: OnProgress = unheard,
        stop: threading.Event | None = None,
    ) -> T:
        """What ``function(device, board, *args)`` gives in a free process; waits for one.

        Raises:
            AncraError: the process was ended twice; and whatever the function raises.
        """
        from loky.process_executor import BrokenProcessPool

        for _ in range(2):
            seat = self._free.get()
            try:
                seat.board.clean()
                future = self._submit(seat, function, *args)
                while not _done(future):
                    on_progress(*seat.board.told)
                    if stop is not None and stop.is_set():
                        seat.board.stop()
                result: T = future.result()
                return result
            except BrokenProcessPool:
                _give_up(seat, wait=False)
            finally:
                self._free.put(seat)
        raise AncraError(KILLED)

    def close(self) -> None:
        """End the processes."""
        for seat in self._seats:
            _give_up(seat, wait=True)
        self._stand_by.close()
        self._tidy()

    def _submit(self, seat: Seat, function: Callable[..., T], *args: Any) -> "Future[T]":
        """Begin it in a seat's process; one that was killed while it had nothing to do is replaced first."""
        from loky.process_executor import BrokenProcessPool

        while True:
            seat.process = seat.process or self._stand_by.take()
            try:
                begun: Future[T] = seat.process.submit(function, seat.device, seat.board, *args)
                return begun
            except BrokenProcessPool:
                _give_up(seat, wait=False)


def devices_in_words(devices: Sequence[str]) -> str:
    """Devices as people say them: "the CPU", "the GPU (NVIDIA H200)", "2 GPUs"."""
    kinds = list(dict.fromkeys(devices))
    if kinds[0] == "cpu":
        return "the CPU"
    if len(kinds) > 1:
        return f"{len(kinds)} GPUs"
    if not kinds[0].startswith("cuda"):
        return "the GPU"
    import torch

    return f"the GPU ({torch.cuda.get_device_name(kinds[0])})"


def cores() -> int:
    """How many things are computed at once on a CPU: two, or as many as there are cores."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(2, available))


def _answer(device: str, board: Board, request: Request, items: Sequence[Any]) -> Answer:
    from app.engine.answering import answer

    return answer(request, items, device, board.tell, board.stopped)


def _give_up(seat: Seat, wait: bool) -> None:
    if seat.process is not None:
        seat.process.shutdown(wait=wait, kill_workers=True)
        seat.process = None


def _done(future: Future[Any]) -> bool:
    """Whether it is done by now, or soon; waits a little."""
    return bool(wait([future], timeout=TOLD).done)


def _remove(boards: Sequence[Board]) -> None:
    for board in boards:
        board.remove()
