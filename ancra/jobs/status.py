"""The state of a run, as ``status.json`` holds it."""

import json
from pathlib import Path
from time import time
from typing import Literal

from pydantic import Field

from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.jobs.liveness import host_name, is_alive
from ancra.settings import Settings, parse

State = Literal["queued", "running", "finished", "failed", "cancelled", "lost"]
UNFINISHED: tuple[State, ...] = ("failed", "cancelled", "lost")
HEARTBEAT = 2.0  # seconds between two signs of life
SILENCE = 60.0  # seconds without one after which a process on another machine counts as gone


class RunStatus(Settings):
    """Where a run stands. ``lost`` is never written: it is what a queued or running run is when its process is gone."""

    state: State = "queued"
    message: str = Field("", description="One sentence: why it failed, what it does.")
    epoch: int = Field(0, description="Whole epochs done.")
    epochs: int = 0
    step: int = Field(0, description="Steps done in the current epoch.")
    steps: int = 0
    remaining: float | None = Field(None, description="Seconds left, as far as can be told.")
    created: float = Field(0, description="Seconds since 1970, as all times here.")
    started: float | None = None
    updated: float = Field(0, description="The last sign of life.")
    pid: int | None = None
    token: str = Field("", description="Tells the process from a later one of the same pid.")
    host: str = ""

    @property
    def fraction(self) -> float:
        """Share of the run that is done, 0 to 1."""
        return min((self.epoch + self.step / max(self.steps, 1)) / max(self.epochs, 1), 1.0)

    @property
    def active(self) -> bool:
        """Whether a process works on it or is about to."""
        return self.state in ("queued", "running")

    def seen_from_here(self) -> "RunStatus":
        """The status with ``lost`` in place of a queued or running state whose process is gone."""
        if not self.active or self.pid is None:
            return self
        here, silent = self.host == host_name(), time() - self.updated > SILENCE
        if is_alive(self.pid, self.token) if here else not silent:
            return self
        return self.lost("Its process ended without a word (killed, or the machine went down); resume to go on.")

    def lost(self, message: str) -> "RunStatus":
        """The status of a run that nobody works on any more, though nobody said so."""
        return self.model_copy(update={"state": "lost", "message": message, "remaining": None})


def read_status(path: Path) -> RunStatus | None:
    """The status in a file as it stands; None when it is missing or damaged."""
    try:
        return parse(RunStatus, json.loads(path.read_text(encoding="utf-8")), source=str(path))
    except (OSError, ValueError, AncraError):
        return None


def write_status(path: Path, status: RunStatus) -> None:
    """Replace a status file atomically, with the time of now. Raises OSError."""
    text = status.model_copy(update={"updated": time()}).model_dump_json(indent=1)
    replace_file(path, lambda file: file.write(text.encode()))
