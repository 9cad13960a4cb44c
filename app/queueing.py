"""A queue for computations: few at a time, each thing only once, like ones together, and whoever waits is told."""

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from ancra.errors import AncraError
from ancra.progress import duration
from app.memory import Kept
from app.work import Batched, Progress, Work

KEPT = 512 * 2**20  # bytes of results in memory
OF_ONE = 8  # computations of one owner that may wait for their turn
NOTHING = object()  # where nothing is kept; None is a result
RECENT = 0.3  # the weight of the last computation in what its kind is expected to take


@dataclass
class Job:
    """One computation in the queue.

    Attributes:
        future: of its result. progress: how far it is. key: what it is. work: gone when it is done.
        owner: whose it is, where that counts.
        waiting: how many callers wait for it. One that nobody waits for any more is dropped when its turn comes.
        kept: whether it is computed in any case.
    """

    future: Future[Any]
    progress: Progress = field(default_factory=Progress)
    key: Hashable = None
    work: Work | None = None
    owner: str | None = None
    waiting: int = 0
    kept: bool = False

    @property
    def wanted(self) -> bool:
        """Whether its turn is to come."""
        return self.kept or self.waiting > 0

    @property
    def group(self) -> Hashable:
        """What it shares with the jobs that are computed in one go with it."""
        return self.work.like if isinstance(self.work, Batched) else id(self)

    @property
    def kind(self) -> Hashable:
        """What it costs about the same as: the first part of its key."""
        return self.key[0] if isinstance(self.key, tuple) else None


class Queue:
    """At most ``workers`` computations at once, each with one torch thread; finished results are kept in memory.

    Whoever asks for something that is being computed already waits for the same computation. A computation that was
    started is finished even if the person leaves the page: the result is there when they come back.

    Args:
        workers: how many threads wait for computations.
        keep: bytes of finished results in memory; the least recently asked for make room, the newest one always stays.
        most: computations that may be unfinished at once; any number when left out.
        idle: surrounds the time for which a caller waits.
    """

    def __init__(
        self,
        workers: int = 1,
        keep: int = KEPT,
        most: int | None = None,
        idle: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._workers = workers
        self._pool = ThreadPoolExecutor(self._workers, "ancra-work", initializer=_one_torch_thread)
        self._lock = threading.Lock()
        self._line: list[Job] = []
        self._running: list[list[Job]] = []
        self._jobs: dict[Hashable, Job] = {}
        self._results = Kept(keep)
        self._seconds: dict[Hashable, float] = {}
        self._most, self._idle = most, idle

    def ask(
        self, key: Hashable, work: Work, on_wait: Callable[[str, float | None], None], owner: str | None = None
    ) -> Any:
        """The result of ``work``, from memory or computed; ``on_wait(text, share)`` is called while the caller waits.

        A caller that leaves by an exception of ``on_wait`` waits no more; when it comes back before the job's turn, it
        has kept its place.

        Raises whatever the work raised, and AncraError as ``begin`` does.
        """
        return self.ask_all([(key, work)], on_wait, owner)[0]

    def ask_all(
        self,
        asked: Sequence[tuple[Hashable, Work]],
        on_wait: Callable[[str, float | None], None],
        owner: str | None = None,
    ) -> list[Any]:
        """The results of several works, which wait at the same time; otherwise as ``ask``."""
        jobs: list[Job] = []
        began = time.monotonic()
        try:
            with self._lock:  # all of them before the first is begun: like ones are computed in one go
                for key, work in asked:
                    jobs.append(self._enter(key, work, owner, kept=False))
            return [self._wait(job, began, on_wait) for job in jobs]
        finally:
            with self._lock:
                for job in jobs:
                    job.waiting -= 1

    def _wait(self, job: Job, began: float, on_wait: Callable[[str, float | None], None]) -> Any:
        if not job.future.done():
            with self._idle():
                while wait([job.future], timeout=0.15).not_done:
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
            return self._enter(key, work, owner, kept=True)

    def recall(self, key: Hashable, find: Callable[[], Any | None]) -> Any | None:
        """The result in memory, or what ``find`` gives, kept as if it had been computed; None: neither."""
        kept = self._results.get(key)
        if kept is not None:
            return kept
        found = find()
        if found is not None:
            self._results.put(key, found)
        return found

    def _enter(self, key: Hashable, work: Work, owner: str | None, kept: bool) -> Job:
        """A job for it; the caller holds the lock."""
        kept_result = self._results.get(key, NOTHING)
        if kept_result is not NOTHING:
            done: Future[Any] = Future()
            done.set_result(kept_result)
            return Job(done)
        job = self._jobs.get(key)
        if job is None:
            self._admit(owner)
            job = self._jobs[key] = Job(Future(), key=key, work=work, owner=owner)
            self._line.append(job)
            self._pool.submit(self._take_turn)
        job.kept = job.kept or kept
        job.waiting += not kept
        return job

    def _admit(self, owner: str | None) -> None:
        if self._most is not None and sum(job.wanted for job in self._jobs.values()) >= self._most:
            raise AncraError(f"{self._most} computations are waiting already: try again in a minute.")
        if owner is not None and sum(job.owner == owner and job.wanted for job in self._jobs.values()) > OF_ONE:
            raise AncraError("Much of what you asked for is still being computed: try again when it is there.")

    def _take_turn(self) -> None:
        with self._lock:
            jobs = self._next()
            if not jobs:
                return
            self._running.append(jobs)
        began = time.monotonic()
        for job in jobs:
            job.progress = jobs[0].progress
        jobs[0].progress.started = began
        outcomes = _outcomes(jobs)
        seconds = time.monotonic() - began
        with self._lock:
            self._running.remove(jobs)
            kind, owners = jobs[0].kind, {job.owner for job in jobs} - {None}
            self._seconds[kind] = (1 - RECENT) * self._seconds.get(kind, seconds) + RECENT * seconds
            # What else these owners want comes behind all who wait by now.
            self._line.sort(key=lambda job: job.owner in owners)
            for job, (result, error) in zip(jobs, outcomes, strict=True):
                del self._jobs[job.key]
                if error is None:
                    self._results.put(job.key, result)
                job.work = None  # whoever keeps the job keeps no model with it
            for _ in self._line[: self._workers]:
                self._pool.submit(self._take_turn)
        for job, (result, error) in zip(jobs, outcomes, strict=True):
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)

    def _next(self) -> list[Job]:
        """The first job whose owner has none running, and all that can be computed with it."""
        for job in [job for job in self._line if not job.wanted]:
            self._line.remove(job)
            del self._jobs[job.key]
            job.future.cancel()
        busy = {job.owner for jobs in self._running for job in jobs} - {None}
        free = [job for job in self._line if job.owner not in busy]
        most = free[0].work.most if free and isinstance(free[0].work, Batched) else 1
        jobs = [job for job in free if job.group == free[0].group][:most]
        for job in jobs:
            self._line.remove(job)
        return jobs

    def _describe(self, job: Job) -> tuple[str, float | None]:
        with self._lock:
            if job.progress.started is not None or job not in self._line:
                return "", job.progress.share
            before = [other for other in self._line[: self._line.index(job)] if other.wanted]
            ahead = len(before) + sum(map(len, self._running))
            expected = self._expected(job, before)
        told = f", about {duration(max(expected, 1))}" if expected is not None else ""
        return f"Waiting for {ahead} other{'' if ahead == 1 else 's'} to finish{told}.", None

    def _expected(self, job: Job, before: list[Job]) -> float | None:
        """Seconds until a waiting job is done, by what its like took before; None where that is not known."""
        now = time.monotonic()
        groups = {other.group: other.kind for other in [*before, job]}
        if any(kind not in self._seconds for kind in groups.values()):
            return None
        left = [
            max(self._seconds.get(jobs[0].kind, 0) - (now - (jobs[0].progress.started or now)), 0)
            for jobs in self._running
        ]
        return (sum(left) + sum(self._seconds[kind] for kind in groups.values())) / self._workers


def _outcomes(jobs: Sequence[Job]) -> list[tuple[Any, BaseException | None]]:
    """(result, None) or (None, error) of each; where jobs fail together, each is tried alone."""
    try:
        return [(result, None) for result in _results(jobs)]
    except BaseException as error:
        if len(jobs) == 1:
            return [(None, error)]
    return [outcome for job in jobs for outcome in _outcomes([job])]


def _results(jobs: Sequence[Job]) -> Sequence[Any]:
    work, progress = jobs[0].work, jobs[0].progress
    if not isinstance(work, Batched):
        assert work is not None
        return [work(progress)]
    results = work.work([job.work.item for job in jobs if isinstance(job.work, Batched)], progress)
    if len(results) != len(jobs):
        raise RuntimeError(f"{len(jobs)} requests got {len(results)} results.")
    return results


def _one_torch_thread() -> None:
    import torch

    torch.set_num_threads(1)
