"""How a task was started: by which launcher, and what its engine calls the job. Kept in the task's folder."""

from contextlib import suppress

from pydantic import Field

from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.jobs.status import S, State
from ancra.jobs.task import Task
from ancra.settings import Record, parse
from ancra.structured import read_json


class Launch(Record):
    """What it takes to find a task's job again."""

    launcher: str = Field("local", description="A name of `ancra.launchers.registry.LAUNCHERS`.")
    job: str = Field("", description="The engine's name for the job; empty for a process of this machine.")
    address: str = Field("", description="Where the engine answers, if it has an address.")


def read_launch(task: Task[S]) -> Launch:
    """How the task was last submitted; ``local`` for one that never was, or whose launch.json is damaged."""
    with suppress(AncraError):
        return parse(Launch, read_json(task.launch_file), source=str(task.launch_file))
    return Launch()


def write_launch(task: Task[S], launch: Launch) -> None:
    """Note how the task was submitted. Raises OSError."""
    replace_file(task.launch_file, lambda file: file.write(launch.model_dump_json(indent=1).encode()))


def write_state(task: Task[S], state: State, message: str = "") -> None:
    """Write down the state of a task that no process works on. Raises AncraError when its folder cannot be written."""
    try:
        task.write_status(task.written_status().ended(state, message=message))
    except OSError as error:
        raise AncraError(f"The folder {task.folder} cannot be written: {error.strerror}.") from None
