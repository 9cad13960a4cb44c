"""Processes that compute beside the pages; a killed one is replaced, and what it was doing is done once more."""

import os
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import psutil

from ancra.errors import AncraError

if TYPE_CHECKING:
    from loky import ProcessPoolExecutor

P = ParamSpec("P")
T = TypeVar("T")

WATCHED = 1.0
"""Seconds after which a process looks again whether its server is there."""
KILLED = (
    "The process that computed this was ended twice, most often because memory ran out: "
    "try fewer steps or smaller images, or try again later."
)


class Workers:
    """Up to ``count`` processes, each with one torch thread, started when they are first needed; none: it runs here.

    Each stands alone: where one is killed, nobody else's computation ends with it.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._free: queue.LifoQueue[ProcessPoolExecutor | None] = queue.LifoQueue()
        for _ in range(count):
            self._free.put(None)

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``function`` gives in a process; waits for a free one.

        Raises:
            AncraError: the process was ended twice; and whatever the function raises.
        """
        if not self._count:
            return function(*args, **kwargs)
        from loky.process_executor import BrokenProcessPool

        for _ in range(2):
            process = self._free.get() or _process()
            try:
                result: T = process.submit(function, *args, **kwargs).result()
            except BrokenProcessPool:
                process.shutdown(wait=False, kill_workers=True)
                self._free.put(None)
            except BaseException:
                self._free.put(process)
                raise
            else:
                self._free.put(process)
                return result
        raise AncraError(KILLED)

    def close(self) -> None:
        """End the processes that are free."""
        while True:
            try:
                process = self._free.get_nowait()
            except queue.Empty:
                return
            if process is not None:
                process.shutdown(wait=True, kill_workers=True)


def _process() -> "ProcessPoolExecutor":
    from loky import ProcessPoolExecutor

    return ProcessPoolExecutor(max_workers=1, timeout=None, initializer=_prepare, initargs=(os.getpid(),))


def _prepare(server: int) -> None:
    threading.Thread(target=_end_with, args=(server,), daemon=True).start()
    import torch

    from ancra.plugins import load_plugins

    torch.set_num_threads(1)
    load_plugins()  # a plugin's objective is attacked with here


def _end_with(server: int) -> None:
    """A server that is killed can end nothing itself."""
    while os.getppid() == server and psutil.pid_exists(server):
        time.sleep(WATCHED)
    os._exit(0)
