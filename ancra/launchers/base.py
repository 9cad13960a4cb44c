"""What every launcher does: looking whether a task is idle, and the marks of one that is being submitted."""

from collections.abc import Iterator
from contextlib import contextmanager

from ancra.errors import AncraError
from ancra.jobs.launch import Launch, read_launch, write_launch, write_state
from ancra.jobs.status import S
from ancra.jobs.task import Task


def check_idle(task: Task[S], status: S) -> None:
    """Raises AncraError when a process works on the task, or an engine holds a job for it."""
    launch = read_launch(task)
    if status.active and (status.pid is not None or launch.job):
        where = f" by {launch.launcher}" if launch.job else ""
        raise AncraError(f"{task.name} is {'queued' if status.state == 'queued' else task.doing}{where} already.")


@contextmanager
def submitting(task: Task[S], launch: Launch) -> Iterator[None]:
    """The task is ``queued`` while a launcher asks for it, and ``failed`` with the reason if that does not work.

    Raises:
        AncraError: that did not work, in one sentence.
    """
    write_state(task, "queued")
    try:
        write_launch(task, launch)
        yield
    except OSError as error:
        reason = f"{task.name} cannot be started: {error.strerror or error}."
        write_state(task, "failed", reason)
        raise AncraError(reason) from None
    except AncraError as error:
        write_state(task, "failed", str(error))
        raise
