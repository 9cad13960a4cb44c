"""The queued part of a run's life: waiting, as a light process, for a slot of this machine."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from time import time

from ancra.errors import AncraError
from ancra.jobs.ending import ended_by
from ancra.jobs.signals import RunCancelled, ended_by_signals
from ancra.jobs.slots import held_slot, use_gpu_of
from ancra.jobs.status import HEARTBEAT, RunStatus
from ancra.runs.run import Run

STOPPED_WAITING = "Stopped while it waited; resume to put it into the line again."


@contextmanager
def granted_slot(run: Run) -> Iterator[None]:
    """Wait as ``queued`` until the run's turn comes; its slot, and the slot's GPU, are its own inside the ``with``.

    Raises:
        AncraError: the run's folder is gone or the workspace cannot be written; the run is then ``failed``.
        RunCancelled: it was stopped; the run is then ``cancelled``.
    """
    device, waiting = run.recipe.device, _Waiting(run)
    with ExitStack() as held:
        try:
            with ended_by_signals():
                slot = held.enter_context(held_slot(run.folder, waiting.goes_on))
        except (RunCancelled, AncraError) as error:
            waiting.write(ended_by(error, waiting.status, STOPPED_WAITING))
            cancelled = isinstance(error, RunCancelled)
            run.log(f"cancelled by {error} while it waited" if cancelled else f"failed: {error}")
            raise
        gpu = use_gpu_of(slot, device)
        if waiting.began or gpu:
            run.log(f"starts in slot {slot + 1}" + (f" on GPU {gpu}" if gpu else ""))
        yield


class _Waiting:
    """Keeps the status of a waiting run fresh."""

    def __init__(self, run: Run) -> None:
        self.run, self.began, self.written = run, False, 0.0
        self.status = run.written_status().working("queued", message="")
        self.write(self.status)

    def goes_on(self) -> None:
        if not self.run.recipe_file.exists():
            raise AncraError(f"{self.run.folder} is gone: it was moved or deleted while the run waited.")
        if not self.began:
            self.began = True
            self.run.log("waits for a free slot")
        if time() - self.written >= HEARTBEAT:
            self.write(self.status)

    def write(self, status: RunStatus) -> None:
        self.written = time()
        with suppress(OSError):  # the next sign of life may be written again
            self.run.write_status(status)
