"""How many jobs this machine works on at once: slots, each held by the process of one job for as long as it lives."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from time import sleep
from typing import IO

from ancra.environment import SLOTS
from ancra.errors import AncraError
from ancra.files import try_lock
from ancra.jobs.tickets import slots_folder, take_ticket, ticket_of, tickets

NEXT_POLL, POLL = 0.25, 1.0  # seconds between two looks: of the one whose turn is next, of all others


def slot_count() -> int:
    """``$ANCRA_SLOTS``, else the number of GPUs, else 1. Raises AncraError when the variable is no such number."""
    return SLOTS.read(None) or max(len(gpus()), 1)


def gpus() -> tuple[str, ...]:
    """What CUDA_VISIBLE_DEVICES calls the NVIDIA GPUs that this process may use; found without torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return tuple(name.strip() for name in visible.split(",") if name.strip() not in ("", "-1"))
    found = len(list(Path("/dev").glob("nvidia[0-9]*")))
    if not found and which("nvidia-smi"):  # as in WSL, which has no device files
        try:
            said = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20).stdout
        except (OSError, subprocess.TimeoutExpired):
            said = ""
        found = sum(line.startswith("GPU ") for line in said.splitlines())
    return tuple(str(index) for index in range(found))


def queue_position(folder: Path) -> int | None:
    """The place of a job's folder in this machine's line, 1 for the next one; None when it does not wait there."""
    wanted = folder.absolute()
    return next((place for place, (_, other) in enumerate(tickets(), 1) if other == wanted), None)


@contextmanager
def held_slot(folder: Path, on_wait: Callable[[], None]) -> Iterator[int]:
    """Wait for a slot, first come, first served, and hold it inside the ``with``. A killed process lets go of its slot.

    Args:
        on_wait: called about once a second while the job waits; what it raises ends the waiting.

    Yields:
        The slot's number, from 0.

    Raises:
        AncraError: the workspace cannot be written, or ``$ANCRA_SLOTS`` is no number.
    """
    try:
        # Whoever submitted the job has taken its place already, and handed it on to this process.
        own = None if ticket_of(folder) else take_ticket(folder)
        ticket, count = ticket_of(folder), slot_count()
        try:
            while not (taken := _taken_slot(count) if _is_next(ticket) else None):
                on_wait()
                sleep(NEXT_POLL if _is_next(ticket) else POLL)
        finally:
            if ticket:
                ticket.unlink(missing_ok=True)
            if own:
                own.close()
    except OSError as error:
        raise AncraError(f"{slots_folder()} cannot be written: {error.strerror}.") from None
    number, file = taken
    with file:
        yield number


def _is_next(ticket: Path | None) -> bool:
    first = next((path for path, _ in tickets()), None)
    return first is None or ticket is None or first >= ticket


def _taken_slot(count: int) -> tuple[int, IO[str]] | None:
    for number in range(count):
        file = (slots_folder() / f"{number}.lock").open("w")
        if try_lock(file):
            return number, file
        file.close()
    return None


def use_gpu_of(slot: int, device: str) -> str | None:
    """Let this process see the GPU of its slot alone, before torch looks for GPUs; gives the GPU's name.

    Nothing happens, and None is given, without GPUs or when the recipe asks for another or one certain device.
    """
    names = gpus()
    if not names or device not in ("auto", "cuda"):
        return None
    os.environ["CUDA_VISIBLE_DEVICES"] = names[slot % len(names)]
    return os.environ["CUDA_VISIBLE_DEVICES"]
