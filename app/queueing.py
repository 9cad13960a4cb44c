"""A queue for computations: few at a time, each thing only once, and nobody left wondering why a page waits."""

import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ancra.errors import AncraError
from app.memory import held_bytes

Work = Callable[["Progress"], Any]
KEPT = 512 * 2**20  # bytes of results in memory
OF_ONE = 8  # computations of one owner that may wait for their turn
ENTRY = 1024  # bytes that the smallest result counts for, with its key


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


@dataclass
class Job:
    """One computation in the queue."""

    future: Future[Any]
    progress: Progress = field(default_factory=Progress)


class Queue:
    """At most ``workers`` computations at once, each with one torch thread; finished results are kept in memory.

    Whoever asks for something that is being computed already waits for the same computation. A computation that was
    started is finished even if the person leaves the page: the result is there when they come back.

    Args:
        workers: two or as many as there are cores, whichever is less, when left out.
        keep: bytes of finished results in memory; the least recently asked for make room, the newest one always stays.
        most: computations that may be unfinished at once; any number when left out.
    """

    def __init__(self, workers: int | None = None, keep: int = KEPT, most: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(workers or _cores(), "ancra-work", initializer=_one_torch_thread)
        self._lock = threading.Lock()
        self._jobs: dict[Hashable, Job] = {}
        self._results: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._keep, self._held, self._most = keep, 0, most
        self._turns: dict[str, deque[Callable[[], None]]] = {}

    def ask(
        self, key: Hashable, work: Work, on_wait: Callable[[str, float | None], None], owner: str | None = None
    ) -> Any:
        """The result of ``work``, from memory or computed; ``on_wait(text, share)`` is called while the caller waits.

        Raises whatever the work raised, and AncraError as ``begin`` does.
        """
        job = self.begin(key, work, owner)
        began = time.monotonic()
        while not job.future.done():
            try:
                return job.future.result(timeout=0.15)
            except TimeoutError:
                if job.future.done():
                    break
            if time.monotonic() - began > 0.3:
                on_wait(*self._describe(job))
        return job.future.result()

    def begin(self, key: Hashable, work: Work, owner: str | None = None) -> Job:
        """Have ``work`` computed and do not wait: the job's ``future`` is done when the result is there.

        Args:
            owner: whose computation it is; of an owner's, one is computed at a time. None: nobody's in particular.

        Raises:
            AncraError: the queue is full.
        """
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                done: Future[Any] = Future()
                done.set_result(self._results[key][0])
                return Job(done)
            job = self._jobs.get(key)
            if job is None:
                if self._most is not None and len(self._jobs) >= self._most:
                    raise AncraError(f"{self._most} computations are waiting already: try again in a minute.")
                if owner is not None and len(self._turns.get(owner, ())) >= OF_ONE:
                    raise AncraError("Much of what you asked for is still being computed: try again when it is there.")
                job = self._jobs[key] = Job(Future())
                self._submit(owner, partial(self._run, key, job, work))
            return job

    def _submit(self, owner: str | None, run: Callable[[], None]) -> None:
        if owner is None:
            self._pool.submit(run)
        elif owner in self._turns:
            self._turns[owner].append(run)
        else:
            self._turns[owner] = deque()
            self._pool.submit(self._take_turn, owner, run)

    def _take_turn(self, owner: str, run: Callable[[], None]) -> None:
        run()
        with self._lock:
            if self._turns[owner]:
                # Behind all who wait by now.
                self._pool.submit(self._take_turn, owner, self._turns[owner].popleft())
            else:
                del self._turns[owner]

    def _run(self, key: Hashable, job: Job, work: Work) -> None:
        job.progress.started = time.monotonic()
        try:
            result = work(job.progress)
        except BaseException as error:
            with self._lock:
                self._jobs.pop(key, None)
            job.future.set_exception(error)
            return
        size = held_bytes(result) + ENTRY
        with self._lock:
            self._jobs.pop(key, None)
            self._results[key] = result, size
            self._held += size
            while self._held > self._keep and len(self._results) > 1:
                self._held -= self._results.popitem(last=False)[1][1]
        job.future.set_result(result)

    def _describe(self, job: Job) -> tuple[str, float | None]:
        if job.progress.started is not None:
            return "", job.progress.share
        with self._lock:
            ahead = sum(1 for other in self._jobs.values() if other is not job)
        return f"Waiting for {ahead} other{'' if ahead == 1 else 's'} to finish.", None


def _cores() -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(2, available))


def _one_torch_thread() -> None:
    import torch

    torch.set_num_threads(1)
