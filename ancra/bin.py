"""The bin: what is deleted lies here for a day, and can be brought back."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from time import time
from uuid import uuid4

from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.paths import workspace
from ancra.structured import read_json

KEPT = 24 * 3600
"""Seconds that a thing stays in the bin."""
_ABOUT = "about.json"


@dataclass(frozen=True)
class Deleted:
    """A thing in the bin.

    Attributes:
        key: what it is brought back by.
        place: where it was, below the workspace.
        when: seconds since 1970.
    """

    key: str
    place: Path
    when: float

    @property
    def name(self) -> str:
        """What it was called, without the ending of a file."""
        return self.place.stem if self.place.suffix else self.place.name

    @property
    def left(self) -> float:
        """Seconds until it is gone for good."""
        return max(0.0, self.when + KEPT - time())


def discard(path: Path) -> None:
    """Move a file or folder of the workspace into the bin, and empty the bin of what is too old.

    Raises:
        AncraError: it cannot be moved, or is not in the workspace; it stays where it is then.
    """
    home = workspace()
    try:
        place = path.absolute().relative_to(home.absolute())
    except ValueError:
        raise AncraError(f"{path} is not in the workspace {home}: remove it by hand.") from None
    key = uuid4().hex
    folder = _folder() / key
    try:
        folder.mkdir(parents=True)
        about = json.dumps({"place": str(place), "when": time()}).encode()
        replace_file(folder / _ABOUT, lambda file: file.write(about))
        os.rename(path, folder / place.name)  # the last step: before it, nothing has happened
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise AncraError(f"{path} cannot be removed: {error.strerror or error}.") from None
    empty()


def deleted() -> list[Deleted]:
    """What is in the bin, the last first; damaged entries are left out."""
    found = [entry for folder in _folder().glob("*/") if (entry := _read(folder)) is not None]
    return sorted(found, key=lambda entry: entry.when, reverse=True)


def restore(key: str) -> Path:
    """Put a thing back where it was; returns where that is.

    Raises:
        AncraError: it is not in the bin any more, something else is there now, or it cannot be moved.
    """
    entry = next((entry for entry in deleted() if entry.key == key), None)
    if entry is None:
        raise AncraError("That is not in the bin any more: things are kept for a day.")
    target = workspace() / entry.place
    if target.exists():
        raise AncraError(f"{target} is there again: move it away first, then bring {entry.name} back.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(_folder() / key / entry.place.name, target)
    except OSError as error:
        raise AncraError(f"{entry.name} cannot be put back to {target}: {error.strerror or error}.") from None
    shutil.rmtree(_folder() / key, ignore_errors=True)
    return target


def empty(older_than: float = KEPT) -> None:
    """Remove for good what has been in the bin for so many seconds, and what is damaged there."""
    for folder in _folder().glob("*/"):
        entry = _read(folder)
        if entry is None or time() - entry.when > older_than:
            shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    return workspace() / "bin"


def _read(folder: Path) -> Deleted | None:
    try:
        about = read_json(folder / _ABOUT)
        place, when = Path(str(about["place"])), float(about["when"])
    except (AncraError, KeyError, TypeError, ValueError):
        return None
    inside = not place.is_absolute() and ".." not in place.parts and (folder / place.name).exists()
    return Deleted(folder.name, place, when) if inside else None
