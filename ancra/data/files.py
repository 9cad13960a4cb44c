"""The files of a dataset, in a folder or in a zip archive that is read in place."""

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from ancra.errors import AncraError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"})
"""The endings (lower case) of the files that are taken for images."""

MAX_FILE_BYTES = 128 * 2**20
"""Larger files (unpacked, inside an archive) are not read."""


class Files(Protocol):
    """Files by their names relative to a root, with forward slashes; hidden files are left out.

    Attributes:
        root: the folder or the archive.
        stamps: for each name (sorted) what changes when the file does: size and time, or size and checksum.
    """

    root: Path
    stamps: Mapping[str, str]

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises AncraError when it cannot be read or is too large."""
        ...


def open_files(root: Path) -> Files:
    """The files of a folder or zip archive. Raises AncraError when it is neither."""
    if root.is_dir():
        return FolderFiles(root)
    if root.is_file() and zipfile.is_zipfile(root):
        return ZipFiles(root)
    if root.exists():
        raise AncraError(f"{root} is neither a folder nor a zip archive: give data.root one of them.")
    raise AncraError(f"There is no folder {root}: check data.root.")


class FolderFiles:
    """The files below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        stamps = {}
        for folder, subfolders, names in os.walk(root, followlinks=True):
            subfolders[:] = [name for name in subfolders if not _hidden(name)]
            relative = Path(folder).relative_to(root)
            for name in names:
                try:
                    stat = os.stat(os.path.join(folder, name))
                except OSError:
                    continue  # vanished since, or a link to nowhere
                if not _hidden(name):
                    stamps[(relative / name).as_posix()] = f"{stat.st_size} {stat.st_mtime_ns}"
        self.stamps: Mapping[str, str] = dict(sorted(stamps.items()))

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        path = self.root / name
        try:
            _check_size(str(path), path.stat().st_size)
            return path.read_bytes()
        except OSError as error:
            raise AncraError(f"{path} cannot be read: {error.strerror}.") from None


class ZipFiles:
    """The files inside a zip archive; nothing is unpacked to the disk, so names in it cannot reach outside."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            self._archive = zipfile.ZipFile(root)
        except (OSError, zipfile.BadZipFile) as error:
            raise AncraError(f"{root} is not a readable zip archive ({error}).") from None
        members = (member for member in self._archive.infolist() if not member.is_dir())
        stamps = {member.filename: f"{member.file_size} {member.CRC}" for member in members}
        visible = {name: stamp for name, stamp in stamps.items() if not any(map(_hidden, PurePosixPath(name).parts))}
        self.stamps: Mapping[str, str] = dict(sorted(visible.items()))

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        _check_size(f"{name} in {self.root}", self._archive.getinfo(name).file_size)
        try:
            return self._archive.read(name)
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
            raise AncraError(f"{name} in {self.root} cannot be unpacked ({error}).") from None


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _check_size(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise AncraError(f"{name} is larger than {MAX_FILE_BYTES // 2**20} MB: make it smaller or remove it.")
