"""First come, first served: the line of runs that wait for a slot on this machine.

A place in the line is a file, named by the time, that its holder keeps locked. Whoever submits a run takes a place and
hands the lock on to the process that trains it: it is held from the submission on, and free once that process has died.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import time_ns
from typing import IO
from uuid import uuid4

from ancra.files import try_lock
from ancra.jobs.liveness import host_name
from ancra.paths import workspace


def slots_folder() -> Path:
    """Where this machine's slots and its line are; machines that share a workspace do not share them."""
    return workspace() / "slots" / host_name()


def take_ticket(run_folder: Path) -> IO[str]:
    """Take the last place in the line for a run.

    Returns:
        The open file whose lock holds the place, until the last process that has it open ends or closes it.

    Raises:
        OSError: the workspace cannot be written.
    """
    line = slots_folder() / "waiting"
    line.mkdir(parents=True, exist_ok=True)
    hidden = line / f".{uuid4().hex}"
    file = hidden.open("w")
    try_lock(file)
    file.write(str(run_folder.absolute()))
    file.flush()
    # Seen by others only once it is locked: one that is not counts as left behind.
    os.rename(hidden, line / f"{time_ns():020d}-{uuid4().hex[:8]}")
    return file


def tickets() -> Iterator[tuple[Path, Path]]:
    """(ticket, folder of its run), the first in the line first. Places that were left behind are cleared away."""
    for path in sorted((slots_folder() / "waiting").glob("[0-9]*")):
        with suppress(OSError), path.open() as file:
            if try_lock(file, shared=True):
                path.unlink(missing_ok=True)
            else:
                yield path, Path(file.read())


def ticket_of(run_folder: Path) -> Path | None:
    """The place that a run holds in the line; None when it does not wait."""
    return next((path for path, folder in tickets() if folder == run_folder.absolute()), None)
