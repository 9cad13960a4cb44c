"""Runs as processes of this machine, which wait for a free slot and outlive whoever started them."""

from contextlib import suppress

from ancra.environment import THREADS
from ancra.jobs.detached import end_detached, start_detached
from ancra.jobs.slots import slot_count
from ancra.jobs.status import RunStatus
from ancra.jobs.tickets import take_ticket
from ancra.launchers.base import check_idle, command, submitting
from ancra.runs.launch import Launch, write_state
from ancra.runs.run import Run
from ancra.runs.waiting import STOPPED_WAITING


class LocalLauncher:
    """Starts runs on this machine, as many at once as there are slots; the others wait in a line."""

    def submit(self, run: Run) -> None:
        """Start the run, or go on with it. Raises AncraError when it is being trained or cannot be started."""
        check_idle(run, run.status())
        slot_count(), THREADS.read(0)  # their complaints belong here, not into a log
        # The process holds the run's place in the line from its very start, as it inherits the lock.
        with submitting(run, Launch()), take_ticket(run.folder) as ticket:
            line = [*command(run), "--queued"]
            pid = start_detached(line, run.output_file, add=True, keep=[ticket.fileno()])
        _note_process(run, pid)

    def cancel(self, run: Run) -> None:
        """Send SIGTERM; the run writes its ending itself. Raises AncraError for a run of another machine or user."""
        status = run.status()
        if not status.active:
            return
        end_detached(status, run.name)
        if run.written_status().state == "queued":
            write_state(run, "cancelled", STOPPED_WAITING)

    def status(self, run: Run) -> RunStatus:
        """The run's state, as its process id tells."""
        return run.status()

    def capacity(self) -> int | None:
        """As many runs as there are slots. Raises AncraError when ``$ANCRA_SLOTS`` is no number."""
        return slot_count()


def _note_process(run: Run, pid: int) -> None:
    """Let a run whose process dies before it has written anything show as lost, not as queued for ever."""
    written = run.written_status()
    if written.state == "queued" and written.pid is None:
        with suppress(OSError):
            run.write_status(written.working("queued", pid))
