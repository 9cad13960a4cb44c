"""Runs in the very process that submits them: for tests, and for whoever looks at a training with a debugger."""

from ancra.jobs.status import RunStatus
from ancra.launchers.base import check_idle, submitting
from ancra.launchers.local import LocalLauncher
from ancra.runs.launch import Launch
from ancra.runs.run import Run


class DebugLauncher:
    """Trains each run at once; ``submit`` comes back when it has ended."""

    def submit(self, run: Run) -> None:
        """Train the run to its end, or go on with it. Raises AncraError: it is being trained, or it failed."""
        from ancra.runs.execution import execute

        check_idle(run, run.status())
        with submitting(run, Launch(launcher="debug")):
            pass
        execute(run, resume=True)

    def cancel(self, run: Run) -> None:
        """As for a run of this machine, from another process. Raises AncraError."""
        LocalLauncher().cancel(run)

    def status(self, run: Run) -> RunStatus:
        """The run's state, as its process id tells."""
        return run.status()

    def capacity(self) -> int | None:
        """One."""
        return 1
