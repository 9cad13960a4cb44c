"""Writing files that are whole or not there, tables among them, and locks that end with the process that holds them."""

import csv
import fcntl
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO
from uuid import uuid4

from ancra.errors import AncraError

_UNFINISHED = ".tmp"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def replace_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part of it.

    Args:
        path: the file; its folder is made where it is missing.
        write: writes the content to the open file it is given.

    Raises:
        OSError: it cannot be written; the old file is then still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid4().hex}{_UNFINISHED}")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as the text of a CSV file, with every column that one of them has; text that looks like a formula is quoted.

    Titles and class names are other people's words, and a spreadsheet would carry out a formula among them.
    """
    text = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_harmless(name) for name in columns])
    writer.writerows([_harmless(row.get(name, "")) for name in columns] for row in rows)
    return text.getvalue()


def _harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""
    if not isinstance(cell, str) or not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell  # a number with a sign


def remove_leftovers(folder: Path) -> None:
    """Delete what ``replace_file`` left unfinished in a folder, at any depth, because its process was killed.

    Nobody else may be writing there at the time.
    """
    for path in folder.rglob(f".*{_UNFINISHED}"):
        with suppress(OSError):
            path.unlink()


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock of a file. The system lets go of it when the process ends, in whatever way.

    Args:
        busy: the sentence for when another process holds it.

    Raises:
        AncraError: another process holds it, or the file cannot be written.
    """
    try:
        file = path.open("w")
    except OSError as error:
        raise AncraError(f"The folder {path.parent} cannot be written: {error.strerror}.") from None
    with file:
        if not try_lock(file):
            raise AncraError(busy)
        yield


def try_lock(file: IO[str], shared: bool = False) -> bool:
    """Lock an open file, for as long as a process has it open, unless somebody else does; gives whether it worked."""
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # some network file systems have no locks: there, nobody waits for anybody
    return True
