"""The state of a job - a run, a sweep, an evaluation - as its ``status.json`` holds it."""

import os
from pathlib import Path
from time import time
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import ConfigDict, Field

from ancra import limits
from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.jobs.liveness import host_name, is_alive, process_token
from ancra.settings import Record, parse
from ancra.structured import read_json

State = Literal["queued", "running", "finished", "failed", "cancelled", "lost"]
UNFINISHED: tuple[State, ...] = ("failed", "cancelled", "lost")
HEARTBEAT = 2.0  # seconds between two signs of life
Time = Annotated[float, Field(ge=0, le=limits.SECONDS)]
SILENCE = 60.0  # seconds without one after which a process on another machine counts as gone

AHEAD = 3600.0  # seconds that another machine's clock may be ahead


class JobStatus(Record):
    """Where a job stands. ``lost`` is never written: it is what a queued or running job is when its process is gone."""

    # What another version wrote is read for what this one knows of it.
    model_config = ConfigDict(extra="ignore")

    state: State = "queued"
    message: str = Field("", description="One sentence: why it failed, what it does.")
    remaining: float | None = Field(None, description="Seconds left, as far as can be told.")
    created: Time = Field(0, description="Seconds since 1970, as all times here.")
    started: Time | None = None
    updated: Time = Field(0, description="The last sign of life.")
    pid: int | None = None
    token: str = Field("", description="Tells the process from a later one of the same pid.")
    host: str = ""

    @property
    def active(self) -> bool:
        """Whether a process works on it or is about to."""
        return self.state in ("queued", "running")

    def working(self, state: State = "running", pid: int | None = None, **changes: Any) -> Self:
        """The status of a job that a process of this machine is at: this very process, or the one of a pid."""
        pid = os.getpid() if pid is None else pid
        process = {"pid": pid, "token": process_token(pid), "host": host_name()}
        return self.model_copy(update={"state": state, **process, **changes})

    def ended(self, state: State, **changes: Any) -> Self:
        """The status of a job that no process is at: it came to an end, or is queued for a process to come."""
        nobody = {"pid": None, "token": "", "host": "", "remaining": None}
        return self.model_copy(update={"state": state, **nobody, **changes})

    def seen_from_here(self) -> Self:
        """The status with ``lost`` in place of a queued or running state whose process is gone."""
        if not self.active or self.pid is None:
            return self
        # A clock that is far ahead on the other machine would keep a run alive for ever.
        here, silent = self.host == host_name(), not -AHEAD < time() - self.updated < SILENCE
        if is_alive(self.pid, self.token) if here else not silent:
            return self
        return self.lost("Its process ended without a word (killed, or the machine went down); resume to go on.")

    def lost(self, message: str) -> Self:
        """The status of a job that nobody works on any more, though nobody said so."""
        return self.model_copy(update={"state": "lost", "message": message, "remaining": None})


class RunStatus(JobStatus):
    """Where a run stands."""

    epoch: int = Field(0, description="Whole epochs done.")
    epochs: int = 0
    step: int = Field(0, description="Steps done in the current epoch.")
    steps: int = 0

    @property
    def share(self) -> float:
        """Share of the run that is done, 0 to 1."""
        return min((self.epoch + self.step / max(self.steps, 1)) / max(self.epochs, 1), 1.0)


class ShareStatus(JobStatus):
    """Where an evaluation or a sweep stands."""

    share: float = Field(0.0, ge=0, le=1, description="Share of the work that is done.")


S = TypeVar("S", bound=JobStatus)


def read_status(kind: type[S], path: Path) -> S | None:
    """The status in a file as it stands; None when it is missing or damaged."""
    try:
        return parse(kind, read_json(path), source=str(path))
    except AncraError:
        return None


def write_status(path: Path, status: JobStatus) -> None:
    """Replace a status file atomically, with the time of now. Raises OSError."""
    text = status.model_copy(update={"updated": time()}).model_dump_json(indent=1)
    replace_file(path, lambda file: file.write(text.encode()))
