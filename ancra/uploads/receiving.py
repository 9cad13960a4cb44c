"""A file on its way in: held apart until it is checked, and gone when it is refused."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from time import time
from typing import BinaryIO

from ancra import limits
from ancra.errors import AncraError

_PREFIX = ".incoming-"
_STALE = 24 * 3600  # seconds
_CHUNK = 2**20


@contextmanager
def received(source: BinaryIO, name: str, folder: Path) -> Iterator[Path]:
    """The bytes of an upload in a file of its own folder below ``folder``; what is not moved away goes at the end.

    Args:
        source: the open file, from where it stands.
        name: what the person calls it; error messages of the block name it so, and never the place it is held at.
        folder: where it is to be kept if it is good, so that moving it there is a rename.

    Raises:
        AncraError: it is empty or too large, there are too many already, or it cannot be written; and whatever the
            block raises.
    """
    shown = Path(name).name[:80] or "The file"
    path: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        _require_room(folder)
        path = Path(mkdtemp(prefix=_PREFIX, dir=folder)) / "file"
        _write(source, path, shown)
        yield path
    except AncraError as error:
        raise AncraError(str(error).replace(str(path), shown)) from None
    except OSError as error:
        raise AncraError(f"{shown} cannot be kept: {error.strerror or error}.") from None
    finally:
        if path is not None:
            shutil.rmtree(path.parent, ignore_errors=True)


def file_name(text: str, otherwise: str) -> str:
    """A short name without blanks, capitals or signs that mean something to a file system."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or otherwise


def free_path(folder: Path, name: str, suffix: str = "") -> Path:
    """``folder/name`` with its suffix, or with the first number behind the name that makes it a new one."""
    path, number = folder / f"{name}{suffix}", 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}{suffix}"
    return path


def _write(source: BinaryIO, path: Path, shown: str) -> None:
    size = 0
    with path.open("xb") as file:
        while piece := source.read(_CHUNK):
            size += len(piece)
            if size > limits.UPLOAD_BYTES:
                raise AncraError(
                    f"{shown} is larger than {limits.UPLOAD_BYTES // 2**20} MB: copy it to the workspace by hand."
                )
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise AncraError(f"{shown} is empty: choose it again.")


def _require_room(folder: Path) -> None:
    """Raise AncraError when a folder of uploads holds as much as it may."""
    held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if held > limits.UPLOADS_BYTES:
        raise AncraError(f"The uploads take more than {limits.UPLOADS_BYTES // 2**30} GB: delete some of them first.")


def _sweep(folder: Path) -> None:
    """Remove what a killed process left behind."""
    for path in folder.glob(f"{_PREFIX}*"):
        try:
            if time() - path.stat().st_mtime > _STALE:
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue
