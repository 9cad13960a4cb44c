"""How a run was started: by which launcher, and what its engine calls the job. Kept in the run's folder."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pydantic import Field

from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.runs.run import Run
from ancra.runs.status import RunStatus, State
from ancra.settings import Record, parse


class Launch(Record):
    """What it takes to find a run's job again."""

    launcher: str = Field("local", description="A name of `ancra.runs.launchers.LAUNCHERS`.")
    job: str = Field("", description="The engine's name for the job; empty for a process of this machine.")
    address: str = Field("", description="Where the engine answers, if it has an address.")


def read_launch(run: Run) -> Launch:
    """How the run was last submitted; ``local`` for one that never was, or whose launch.json is damaged."""
    path = run.folder / "launch.json"
    with suppress(OSError, ValueError, AncraError):
        return parse(Launch, json.loads(path.read_text(encoding="utf-8")), source=str(path))
    return Launch()


def write_launch(run: Run, launch: Launch) -> None:
    """Note how the run was submitted. Raises OSError."""
    replace_file(run.folder / "launch.json", lambda file: file.write(launch.model_dump_json(indent=1).encode()))


def command(run: Run) -> list[str]:
    """The command that trains a run, from the start or from its last whole epoch."""
    folder = run.folder.absolute()
    return [sys.executable, "-m", "ancra", "train", str(folder / "recipe.yaml"), "--out", str(folder), "--resume"]


def check_idle(run: Run, status: RunStatus) -> None:
    """Raises AncraError when the run is being trained, or an engine holds a job for it."""
    launch = read_launch(run)
    if status.active and (status.pid is not None or launch.job):
        where = f" by {launch.launcher}" if launch.job else ""
        raise AncraError(f"{run.name} is {'queued' if status.state == 'queued' else 'being trained'}{where} already.")


def mark(run: Run, state: State, message: str = "") -> None:
    """Write down the state of a run that no process works on. Raises AncraError when its folder cannot be written."""
    try:
        changes = {"state": state, "message": message, "pid": None, "token": "", "host": "", "remaining": None}
        run.write_status(run.written_status().model_copy(update=changes))
    except OSError as error:
        raise AncraError(f"The run's folder {run.folder} cannot be written: {error.strerror}.") from None


@contextmanager
def submitting(run: Run, launch: Launch) -> Iterator[None]:
    """The run is ``queued`` while a launcher asks for it, and ``failed`` with the reason if that does not work.

    Raises:
        AncraError: that did not work, in one sentence.
    """
    mark(run, "queued")
    try:
        write_launch(run, launch)
        yield
    except OSError as error:
        reason = f"{run.name} cannot be started: {error.strerror or error}."
        mark(run, "failed", reason)
        raise AncraError(reason) from None
    except AncraError as error:
        mark(run, "failed", str(error))
        raise
