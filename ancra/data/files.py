"""The files of a dataset, in a folder or in an archive that is read in place."""

import os
import stat
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Protocol

from ancra import limits
from ancra.data.archive import UNPACKED, is_guessed, name_in_archive
from ancra.data.tar_archive import is_tar, repacked
from ancra.errors import AncraError

HEIF = frozenset({".heic", ".heif"})
"""What phones of one maker write; read where the package pillow-heif is installed."""
READS_HEIF = find_spec("pillow_heif") is not None
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"}
) | (HEIF if READS_HEIF else frozenset())
"""The endings (lower case) of the files that are taken for images."""
UNREAD = (
    frozenset({".avif", ".jxl", ".jp2", ".psd", ".raw", ".cr2", ".nef", ".arw", ".dng", ".svg"}) | HEIF
) - SUFFIXES
"""The endings (lower case) of pictures that are not decoded here."""
TABLES = frozenset({".csv", ".tsv", ".txt"})
"""The endings (lower case) of tables of labels."""


GUESSED = "The archive does not say the alphabet of its names: they are read in that of DOS (cp437)."


class Files(Protocol):
    """Files by their names relative to a root, with forward slashes; hidden files are left out.

    Attributes:
        root: the folder or the archive.
        stamps: for each name (sorted) what changes when the file does: size and time, or size and checksum.
        folders: those that hold neither files nor folders.
        notes: sentences on what was taken for granted of the names.
    """

    root: Path
    stamps: Mapping[str, str]
    folders: Sequence[str]
    notes: Sequence[str]

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises AncraError when it cannot be read or is too large."""
        ...


def open_files(root: Path) -> Files:
    """The files of a folder, a zip or a tar archive. Raises AncraError when it is none of them."""
    if root.is_dir():
        return FolderFiles(root)
    if root.is_file() and zipfile.is_zipfile(root):
        return ZipFiles(root)
    if root.is_file() and is_tar(root):
        return ZipFiles(repacked(root), called=root)
    if root.is_file():
        with root.open("rb") as file:
            start = file.read(6)
        if start[:4] == b"PAR1":
            raise AncraError(f"{root} is a single Parquet file: give data.root the folder that it lies in.")
        if start in (b"7z\xbc\xaf'\x1c", b"Rar!\x1a\x07"):
            raise AncraError(f"{root} is packed as 7z or RAR, which is not read: pack it as a zip archive.")
    if root.exists():
        raise AncraError(f"{root} is neither a folder nor a zip archive nor a tar archive: give data.root one of them.")
    raise AncraError(f"There is no folder {root}: check data.root.")


class FolderFiles:
    """The files below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        stamps: dict[str, str] = {}
        empty: list[str] = []
        inside, seen, folders = os.path.realpath(root), set(), [("", str(root))]
        for relative, folder in folders:
            real = os.path.realpath(folder)
            if real in seen:  # a link back
                continue
            seen.add(real)
            entries = _entries(folder)
            if all(_hidden(entry.name) and entry.is_dir(follow_symlinks=False) for entry in entries):
                empty.append(relative.rstrip("/") or ".")
            for entry in entries:
                if _hidden(entry.name):
                    continue
                try:
                    found = entry.stat()
                except OSError:
                    continue  # vanished since, or a link to nowhere
                if entry.is_symlink():
                    _stay_inside(entry.path, inside)
                if stat.S_ISDIR(found.st_mode):
                    folders.append((f"{relative}{entry.name}/", entry.path))
                elif stat.S_ISREG(found.st_mode):
                    stamps[f"{relative}{entry.name}"] = f"{found.st_size} {found.st_mtime_ns}"
            if len(stamps) > limits.FILES:
                raise AncraError(f"{root} holds more than {limits.FILES:,} files: leave some out.")
        self.stamps: Mapping[str, str] = dict(sorted(stamps.items()))
        self.folders: Sequence[str] = sorted(empty)
        self.notes: Sequence[str] = ()

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        path = self.root / name
        try:
            _check_size(str(path), path.stat().st_size)
            return path.read_bytes()
        except OSError as error:
            raise AncraError(f"{path} cannot be read: {error.strerror}.") from None


class ZipFiles:
    """The files inside a zip archive; nothing is unpacked to the disk, so names in it cannot reach outside.

    Args:
        called: the root that is named to people, where the archive was made from another file.
    """

    def __init__(self, root: Path, called: Path | None = None) -> None:
        self.root = called or root
        try:
            self._archive = zipfile.ZipFile(root)
        except (OSError, zipfile.BadZipFile) as error:
            raise AncraError(f"{root} is not a readable zip archive ({error}).") from None
        members = {name_in_archive(member): member for member in self._archive.infolist()}
        self._members = {
            name: member
            for name, member in sorted(members.items())
            if not name.endswith("/") and not any(map(_hidden, PurePosixPath(name).parts))
        }
        guessed = any(map(is_guessed, self._archive.infolist()))
        self.notes: Sequence[str] = (GUESSED,) if guessed else ()
        shown = [PurePosixPath(name) for name in sorted(members) if not any(map(_hidden, PurePosixPath(name).parts))]
        full = {path.parent for path in shown}
        folders = (PurePosixPath(name) for name in sorted(members) if name.endswith("/"))
        self.folders: Sequence[str] = [path.as_posix() for path in folders if path not in full]
        self.stamps: Mapping[str, str] = {
            name: f"{member.file_size} {member.CRC}" for name, member in self._members.items()
        }

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        member = self._members[name]
        _check_size(f"{name} in {self.root}", member.file_size)
        if member.compress_type not in UNPACKED:
            raise AncraError(f"{name} in {self.root} is packed as few programs do: pack it anew with deflate.")
        try:
            return self._archive.read(member)
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, EOFError) as error:
            raise AncraError(f"{name} in {self.root} cannot be unpacked ({error}).") from None


def is_table(name: str) -> bool:
    """Whether a file may be a table of labels, by its name."""
    return PurePosixPath(name).suffix.lower() in TABLES


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing where it may not be read."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _stay_inside(path: str, root: str) -> None:
    """Raise AncraError for a link that leads out of a folder."""
    if os.path.commonpath([os.path.realpath(path), root]) != root:
        raise AncraError(f"{path} is a link that leads out of its folder: copy what it stands for, or remove it.")


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _check_size(name: str, size: int) -> None:
    if size > limits.FILE_BYTES:
        raise AncraError(f"{name} is larger than {limits.FILE_BYTES // 2**20} MB: make it smaller or remove it.")
