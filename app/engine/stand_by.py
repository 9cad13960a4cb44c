"""How a process that computes is begun, and the one that stands by with its libraries loaded."""

import os
import threading
import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from loky import ProcessPoolExecutor

WATCHED = 1.0
"""Seconds after which a process looks again whether its server is there."""
GROWTH = 3 * 2**30
"""Bytes by which a process may grow: loky replaces one that has grown by 300 MB, which the models that are kept do."""


BEHIND = 5
"""Niceness of a process that computes: a page is drawn before the next attack, where there are few cores for both."""


class StandBy:
    """A process for the place of one that is killed: on busy cores a new one takes many seconds to load libraries."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: ProcessPoolExecutor | None = None

    def begin(self) -> None:
        """Have one stand by."""
        with self._lock:
            self._process = self._process or _loading()

    def take(self) -> "ProcessPoolExecutor":
        """The one that stands by, whose place another one takes; a new one where none does."""
        with self._lock:
            if self._process is None:
                return _process()
            taken, self._process = self._process, _loading()
            return taken

    def close(self) -> None:
        """End it."""
        with self._lock:
            if self._process is not None:
                self._process.shutdown(wait=True, kill_workers=True)
                self._process = None


def _process() -> "ProcessPoolExecutor":
    from loky import ProcessPoolExecutor

    environment = {"LOKY_MAX_MEMORY_LEAK_SIZE": str(GROWTH)}
    return ProcessPoolExecutor(1, timeout=None, initializer=_prepare, initargs=(os.getpid(),), env=environment)


def _loading() -> "ProcessPoolExecutor":
    process = _process()
    process.submit(_load)
    return process


def _prepare(server: int) -> None:
    threading.Thread(target=_end_with, args=(server,), daemon=True).start()
    os.nice(BEHIND)
    import torch

    torch.set_num_threads(1)


def _load() -> None:
    import app.engine.answering  # noqa: F401


def _end_with(server: int) -> None:
    """A server that is killed can end nothing itself."""
    while os.getppid() == server and psutil.pid_exists(server):
        time.sleep(WATCHED)
    os._exit(0)
