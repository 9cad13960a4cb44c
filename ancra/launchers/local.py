"""Runs as processes of this machine, which wait for a free slot and outlive whoever started them."""

from contextlib import suppress

from ancra.environment import THREADS
from ancra.jobs.detached import end_detached, start_detached
from ancra.jobs.launch import Launch, write_state
from ancra.jobs.slots import slot_count
from ancra.jobs.status import S
from ancra.jobs.task import Task
from ancra.jobs.tickets import take_ticket
from ancra.launchers.base import check_idle, submitting
from ancra.runs.waiting import STOPPED_WAITING


class LocalLauncher:
    """Starts runs on this machine, as many at once as there are slots; the others wait in a line."""

    def submit(self, task: Task[S]) -> None:
        """Start the task, or go on with it. Raises AncraError when it is at work or cannot be started."""
        check_idle(task, task.status())
        slot_count(), THREADS.read(0)  # their complaints belong here, not into a log
        # The process holds the run's place in the line from its very start, as it inherits the lock.
        with submitting(task, Launch()), take_ticket(task.folder) as ticket:
            line = [*task.command, "--queued"]
            pid = start_detached(line, task.output_file, add=True, keep=[ticket.fileno()])
        _note_process(task, pid)

    def cancel(self, task: Task[S]) -> None:
        """Send SIGTERM; the run writes its ending itself. Raises AncraError for a run of another machine or user."""
        status = task.status()
        if not status.active:
            return
        end_detached(status, task.name)
        if task.written_status().state == "queued":
            write_state(task, "cancelled", STOPPED_WAITING)

    def status(self, task: Task[S]) -> S:
        """The run's state, as its process id tells."""
        return task.status()

    def capacity(self) -> int | None:
        """As many runs as there are slots. Raises AncraError when ``$ANCRA_SLOTS`` is no number."""
        return slot_count()


def _note_process(task: Task[S], pid: int) -> None:
    """Let a run whose process dies before it has written anything show as lost, not as queued for ever."""
    written = task.written_status()
    if written.state == "queued" and written.pid is None:
        with suppress(OSError):
            task.write_status(written.working("queued", pid))
