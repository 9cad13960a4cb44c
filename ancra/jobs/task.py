"""Work that a launcher can be handed: a folder that says where it stands, and the command that carries it out."""

from pathlib import Path
from typing import Protocol

from ancra.jobs.status import S


class Task(Protocol[S]):
    """A run or an evaluation. Begun again, it goes on where it was; to be pickled, it needs no more than its folder."""

    folder: Path

    @property
    def name(self) -> str:
        """By which people and pages refer to it."""
        ...

    @property
    def doing(self) -> str:
        """What happens to it, as in "is being trained"."""
        ...

    @property
    def command(self) -> list[str]:
        """What carries it out, from the start or from where it was. Raises AncraError."""
        ...

    @property
    def device(self) -> str:
        """Where it computes, as settings say it. Raises AncraError."""
        ...

    @property
    def launch_file(self) -> Path:
        """How it was submitted."""
        ...

    @property
    def output_file(self) -> Path:
        """What its process prints."""
        ...

    def work(self) -> None:
        """Carry it out in this process, or go on with it. Raises what goes wrong, after writing it down."""

    def status(self) -> S:
        """Where it stands, as seen from this machine."""
        ...

    def written_status(self) -> S:
        """Where it stands as it is written."""
        ...

    def write_status(self, status: S) -> None:
        """Replace its status. Raises OSError."""
