"""What every launcher does: the command that trains a run, and the marks of a run that is being submitted."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ancra.errors import AncraError
from ancra.jobs.status import RunStatus
from ancra.runs.launch import Launch, read_launch, write_launch, write_state
from ancra.runs.run import Run


def command(run: Run) -> list[str]:
    """The command that trains a run, from the start or from its last whole epoch."""
    recipe, folder = run.recipe_file.absolute(), run.folder.absolute()
    return [sys.executable, "-m", "ancra", "train", str(recipe), "--out", str(folder), "--resume"]


def check_idle(run: Run, status: RunStatus) -> None:
    """Raises AncraError when the run is being trained, or an engine holds a job for it."""
    launch = read_launch(run)
    if status.active and (status.pid is not None or launch.job):
        where = f" by {launch.launcher}" if launch.job else ""
        raise AncraError(f"{run.name} is {'queued' if status.state == 'queued' else 'being trained'}{where} already.")


@contextmanager
def submitting(run: Run, launch: Launch) -> Iterator[None]:
    """The run is ``queued`` while a launcher asks for it, and ``failed`` with the reason if that does not work.

    Raises:
        AncraError: that did not work, in one sentence.
    """
    write_state(run, "queued")
    try:
        write_launch(run, launch)
        yield
    except OSError as error:
        reason = f"{run.name} cannot be started: {error.strerror or error}."
        write_state(run, "failed", reason)
        raise AncraError(reason) from None
    except AncraError as error:
        write_state(run, "failed", str(error))
        raise
