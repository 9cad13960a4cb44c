"""What two processes tell each other through a small file: what is done, of how much, and whether to stop."""

import struct
import tempfile
from pathlib import Path

NUMBERS = struct.Struct("<qq")
STOP = b"stop"


class Board:
    """What one process writes and the other reads; it may be sent to any process that sees the same files.

    Args:
        folder: where the file lies; the machine's own place for such things when left out.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix="ancra-", dir=folder, delete=False) as file:
            file.write(NUMBERS.pack(0, 0))
        self._path = Path(file.name)

    def tell(self, done: float, total: float) -> None:
        """Note how far the work is."""
        self._write(0, NUMBERS.pack(int(done), int(total)))

    @property
    def told(self) -> tuple[int, int]:
        """(done, total) as noted last."""
        done, total = NUMBERS.unpack(self._path.read_bytes()[: NUMBERS.size])
        return done, total

    def stop(self) -> None:
        """Ask the work to end with what it has."""
        self._write(NUMBERS.size, STOP)

    def stopped(self) -> bool:
        """Whether it was asked to."""
        return self._path.read_bytes()[NUMBERS.size :] == STOP

    def clean(self) -> None:
        """Ready for the next work."""
        self._path.write_bytes(NUMBERS.pack(0, 0))

    def remove(self) -> None:
        """Delete the file."""
        self._path.unlink(missing_ok=True)

    def _write(self, at: int, content: bytes) -> None:
        with self._path.open("r+b") as file:
            file.seek(at)
            file.write(content)
