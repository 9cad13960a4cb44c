"""Three numbers that two processes share through a file: what is done, of how much, and whether to stop."""

import tempfile
from functools import cached_property
from pathlib import Path

import numpy as np


class Board:
    """What one process writes and the other reads; it may be sent to another process of this machine."""

    def __init__(self) -> None:
        with tempfile.NamedTemporaryFile(prefix="ancra-", delete=False) as file:
            np.zeros(3).tofile(file)
        self._path = file.name

    @cached_property
    def _numbers(self) -> np.memmap:
        return np.memmap(self._path, np.float64, "r+", shape=(3,))

    def __getstate__(self) -> dict[str, str]:
        return {"_path": self._path}

    def tell(self, done: float, total: float) -> None:
        """Note how far the work is."""
        self._numbers[:2] = done, total

    @property
    def told(self) -> tuple[int, int]:
        """(done, total) as noted last."""
        done, total, _ = self._numbers
        return int(done), int(total)

    def stop(self) -> None:
        """Ask the work to end with what it has."""
        self._numbers[2] = 1

    def stopped(self) -> bool:
        """Whether it was asked to."""
        return bool(self._numbers[2])

    def clean(self) -> None:
        """Ready for the next work."""
        self._numbers[:] = 0

    def remove(self) -> None:
        """Delete the file."""
        Path(self._path).unlink(missing_ok=True)
