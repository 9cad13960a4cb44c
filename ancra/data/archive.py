"""Is a zip archive that somebody sent safe to read? Nothing of it is unpacked to find out."""

import re
import stat
import zipfile
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path, PureWindowsPath

from ancra import limits
from ancra.errors import AncraError

ARCHIVE = "images.zip"
"""What an uploaded archive is called, in a folder of its own name."""
UNPACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Methods that unpack no more than the size that an archive says; bz2 and LZMA unpack whatever comes."""
_ENCRYPTED = 0x1
_SAYS_UTF8 = 0x800
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


def check_archive(path: Path) -> None:
    """Read a zip archive's table of contents and refuse what no collection of images needs.

    Raises:
        AncraError: it is no zip archive or cut off, is encrypted, would unpack to far more than it is, holds too many
            files, names that lead elsewhere, links or devices, or the same name twice.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (OSError, zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError):
        raise AncraError(f"{path} is not a readable zip archive: it is damaged, cut off or of another kind.") from None
    check_sizes(path, members)
    names = Counter(map(name_in_archive, members))
    for member in members:
        reason = _wrong_with(member)
        if reason:
            raise AncraError(f"{path} holds {member.filename[:80]!r}, {reason}.")
        if names[name_in_archive(member)] > 1:
            raise AncraError(f"{path} holds {member.filename[:80]!r} twice: pack it anew.")


def name_in_archive(member: zipfile.ZipInfo) -> str:
    """An entry's name as its maker meant it: programs of Windows write backslashes, those of macOS UTF-8 unsaid."""
    name = member.filename
    if not member.flag_bits & _SAYS_UTF8:
        with suppress(UnicodeError):  # what is no UTF-8 is in the alphabet of DOS, as it says
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def is_guessed(member: zipfile.ZipInfo) -> bool:
    """Whether an entry's name is in an alphabet that the archive does not say, and was read in that of DOS."""
    if member.flag_bits & _SAYS_UTF8 or member.filename.isascii():
        return False
    try:
        member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return True
    return False


def check_sizes(path: Path, members: list[zipfile.ZipInfo], ratio: float = limits.ARCHIVE_RATIO) -> None:
    """Raise AncraError when an archive holds too many files, or would unpack to far more than it is."""
    if len(members) > limits.FILES:
        raise AncraError(f"{path} holds {len(members):,} files, more than {limits.FILES:,}: leave some out.")
    total = sum(member.file_size for member in members)
    if total > limits.ARCHIVE_BYTES:
        raise AncraError(
            f"{path} would unpack to more than {limits.ARCHIVE_BYTES // 2**30} GB: make its images smaller."
        )
    if total > limits.SMALL_ARCHIVE_BYTES and total > ratio * path.stat().st_size:
        raise AncraError(
            f"{path} would unpack to more than {ratio:.0f} times its size, as archives made to fill a disk do: "
            "it is not read."
        )


def _wrong_with(member: zipfile.ZipInfo) -> str:
    """What is wrong with an entry, to follow its name in a sentence; empty when nothing is."""
    # orig_filename: zipfile cuts names at a zero byte and turns the system's separators round.
    name = member.orig_filename
    parts = re.split(r"[/\\]", name)
    if "\0" in name or name.startswith(("/", "\\")) or PureWindowsPath(name).drive:
        return "whose name is a path of some machine: pack the folder itself"
    if ".." in parts:
        return "whose name leads out of the archive: pack the folder itself"
    if any(part.partition(".")[0].strip().lower() in _DEVICES for part in parts):
        return "which is the name of a device on some systems: rename it"
    if member.flag_bits & _ENCRYPTED:
        return "which is encrypted: pack it without a password"
    if member.compress_type not in UNPACKED:
        return "which is packed in a way that may unpack to anything: pack it as zip programs do (deflate)"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        return "which is a link or a device instead of a file: pack the files themselves"
    return ""
