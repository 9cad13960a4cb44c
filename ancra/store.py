"""Stored results: arrays and their description under a name made of content digests, shared by sessions."""

import json
import os
import re
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ancra import limits
from ancra.arrays import Array
from ancra.files import replace_file
from ancra.paths import results_folders

_META = "meta.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
_FORMAT = 1


@dataclass(frozen=True)
class Stored:
    """One stored result.

    Attributes:
        arrays: the arrays by name.
        meta: what else belongs to it; JSON-able.
        warning: why it could not be kept for next time, in one sentence; None when it was.
    """

    arrays: Mapping[str, Array]
    meta: Mapping[str, Any] = field(default_factory=dict)
    warning: str | None = None


class Store:
    """Results on disk, keyed by a kind and the digests of all they depend on (checkpoint, settings, ...).

    One ``.npz`` file a result (its CRCs show damage; nothing is ever unpickled), written whole or not at all.

    Args:
        folders: looked through in this order; the first is written to. By default the workspace's, then the project's.
        read_only: keep nothing and delete nothing.
    """

    def __init__(self, folders: Sequence[Path] | None = None, read_only: bool = False) -> None:
        self.read_only = read_only
        self.folders = tuple(folders if folders is not None else results_folders())

    def get(self, kind: str, *digests: str, only: Container[str] | None = None) -> Stored | None:
        """The stored result, or None when there is none, it is damaged, or it belongs to another key.

        Args:
            only: read no other arrays than these; the rest of the file is not touched.
        """
        name = _file_name(kind, digests)
        for folder in self.folders:
            stored = _read(folder / name, [kind, *digests], only)
            if stored is not None:
                return stored
        return None

    def find(self, kind: str, *digests: str) -> Path | None:
        """The file that a result would be read from; it may hold something else than it should."""
        name = _file_name(kind, digests)
        return next((folder / name for folder in self.folders if (folder / name).is_file()), None)

    def put(self, kind: str, *digests: str, arrays: Mapping[str, Array], meta: Mapping[str, Any]) -> Stored:
        """Keep a result. When that is impossible (disk full, folder read-only) it is returned with a warning.

        A kind takes ``limits.STORED_BYTES`` at most: the results that were written longest ago make room.

        Raises:
            TypeError: the meta is not JSON-able or an array holds Python objects.
        """
        stored = Stored(dict(arrays), dict(meta))
        text = json.dumps({"format": _FORMAT, "key": [kind, *digests], "meta": stored.meta})
        if any(np.asarray(array).dtype.hasobject for array in arrays.values()):
            raise TypeError("a stored array cannot hold Python objects")
        if self.read_only:
            return stored
        path = self.folders[0] / _file_name(kind, digests)
        # A prefix, so that an array may be called anything, "file" included.
        members = {_META: np.frombuffer(text.encode(), np.uint8), **{f"a_{name}": a for name, a in arrays.items()}}
        try:
            replace_file(path, lambda file: np.savez(file, allow_pickle=False, **members))
        except OSError as error:
            reason = error.strerror or str(error)
            return replace(stored, warning=f"This result could not be stored in {path.parent} ({reason}).")
        _make_room(path)
        return stored

    def remember(self, kind: str, *digests: str, make: Callable[[], tuple[Mapping[str, Array], Any]]) -> Stored:
        """The stored result, or the one that ``make`` gives as (arrays, meta), which is then kept."""
        stored = self.get(kind, *digests)
        if stored is None:
            arrays, meta = make()
            stored = self.put(kind, *digests, arrays=arrays, meta=meta)
        return stored

    def forget(self, kind: str, *digests: str) -> None:
        """Delete a result from the folder that is written to; nothing happens when it is not there."""
        if not self.read_only:
            _remove(self.folders[0] / _file_name(kind, digests))


def _make_room(newest: Path) -> None:
    """Delete the oldest results beside the newest one while their kind takes more than it may."""
    with suppress(OSError), os.scandir(newest.parent) as entries:
        found = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in entries)
        total = sum(size for _, size, _ in found)
        for _, size, path in found:
            if total <= limits.STORED_BYTES:
                return
            if Path(path) != newest and path.endswith(".npz"):
                _remove(Path(path))
                total -= size


def _file_name(kind: str, digests: Sequence[str]) -> Path:
    for part in (kind, *digests):
        if not _NAME.fullmatch(part):
            raise ValueError(f"{part!r} cannot be part of a result's name")
    return Path(kind) / f"{'-'.join(digests) or 'result'}.npz"


def _read(path: Path, key: list[str], only: Container[str] | None) -> Stored | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            head = json.loads(file[_META].tobytes())
            if not isinstance(head, dict) or head.get("format") != _FORMAT or head.get("key") != key:
                return None
            names = [name[2:] for name in file.files if name.startswith("a_")]
            arrays = {name: file[f"a_{name}"] for name in names if only is None or name in only}
            meta = head["meta"]
    except Exception:  # a damaged archive shows itself in any way; all mean that there is no usable result here
        return None
    return Stored(arrays, meta) if isinstance(meta, dict) else None


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
