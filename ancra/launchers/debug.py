"""Work in the very process that submits it: for tests, and for whoever looks at a training with a debugger."""

from ancra.jobs.launch import Launch
from ancra.jobs.status import S
from ancra.jobs.task import Task
from ancra.launchers.base import check_idle, submitting
from ancra.launchers.local import LocalLauncher


class DebugLauncher:
    """Does the work at once; ``submit`` comes back when it has ended."""

    def submit(self, task: Task[S]) -> None:
        """Work to the end, or go on. Raises AncraError: it is at work already, or it failed."""
        check_idle(task, task.status())
        with submitting(task, Launch(launcher="debug")):
            pass
        task.work()

    def cancel(self, task: Task[S]) -> None:
        """As for a task of this machine, from another process. Raises AncraError."""
        LocalLauncher().cancel(task)

    def status(self, task: Task[S]) -> S:
        """The task's state, as its process id tells."""
        return task.status()

    def capacity(self) -> int | None:
        """One."""
        return 1
