"""Tar archives, as they are or compressed: made into a zip archive, which can be read at any place."""

import hashlib
import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from ancra import limits
from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.paths import workspace


def is_tar(path: Path) -> bool:
    """Whether a file is a tar archive, by its content."""
    try:
        return tarfile.is_tarfile(path)
    except OSError:
        return False


def repacked(path: Path) -> Path:
    """A zip archive in the workspace with the files of a tar archive; made once for each state of it.

    Raises AncraError as ``repack``.
    """
    found = path.stat()
    name = hashlib.sha256(f"{path.resolve()} {found.st_size} {found.st_mtime_ns}".encode()).hexdigest()[:16]
    target = workspace() / "data" / "repacked" / f"{name}.zip"
    if not target.is_file():
        repack(path, target)
    return target


def repack(path: Path, target: Path) -> None:
    """Write the files of a tar archive into a zip archive, in one pass and unchanged.

    Raises AncraError: it is damaged, too large or would unpack to far more than it is; links, devices; no room.
    """
    try:
        replace_file(target, lambda file: _copy(path, file))
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise AncraError(f"{path} is not a readable tar archive ({error}): pack it anew.") from None
    except OSError as error:
        raise AncraError(f"{path} cannot be read or repacked: {error.strerror or error}.") from None


def _copy(path: Path, file: BinaryIO) -> None:
    allowed = max(limits.SMALL_ARCHIVE_BYTES, limits.ARCHIVE_RATIO * path.stat().st_size)
    total = count = 0
    with tarfile.open(path, "r|*") as archive, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        for member in archive:
            if member.isdir():
                continue
            if ".." in member.name.split("/"):
                raise AncraError(f"{path} holds {member.name[:80]!r}, which leads out of it: pack the folder itself.")
            if not member.isreg():
                raise AncraError(f"{path} holds {member.name[:80]!r}, a link or a device: pack the files themselves.")
            total, count = total + member.size, count + 1
            if total > min(limits.ARCHIVE_BYTES, allowed) or count > limits.FILES or member.size > limits.FILE_BYTES:
                raise AncraError(f"{path} holds too many or too large files: leave some out.")
            source = archive.extractfile(member)
            assert source is not None
            # Of the time only the year 1980 fits every zip archive.
            packed.writestr(zipfile.ZipInfo(member.name.removeprefix("./").lstrip("/")), source.read())
