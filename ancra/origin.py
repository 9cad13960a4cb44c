"""Where a file is from: what it shows, of which checkpoints and images, with which settings, and the command for it."""

import importlib.metadata
import json
import platform
import re
import shlex
import struct
import zlib
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from pydantic import Field, ValidationError

from ancra import __version__, limits
from ancra.arrays import Array
from ancra.errors import AncraError
from ancra.settings import Record

MARK = "ancra-origin: "
"""What stands before the record in a file, whatever its format."""
MEMBER = "origin"
"""The member of an .npz file that holds the record, as text."""
_LINE = {"csv": "# {}\n", "tex": "% {}\n", "md": "<!-- {} -->\n"}


def versions() -> dict[str, str]:
    """The versions of what a result depends on."""
    return {"ancra": __version__, "torch": _torch_version(), "python": platform.python_version()}


@cache  # read from the files of the installed package
def _torch_version() -> str:
    return importlib.metadata.version("torch")


class Origin(Record):
    """What a file is and where it is from."""

    what: str = Field(description="What the file shows, in a few words.")
    command: str = Field("", description="The command that makes it anew; empty where there is none.")
    page: str = Field("", description="The app's page that shows it, with its choices, from the server's address on.")
    checkpoints: dict[str, str] = Field({}, description="Name of each checkpoint -> digest of its weights.")
    data: str = Field("", description="The data set.")
    seed: int | None = Field(None, description="Seed of whatever was drawn.")
    settings: dict[str, Any] = Field({}, description="The settings that it was made with.")
    versions: dict[str, str] = Field(default_factory=versions, description="Versions of the packages that made it.")

    @property
    def text(self) -> str:
        """The record on one line of ASCII that stands in any comment, element or string of a file."""
        text = json.dumps(self.model_dump(mode="json", exclude_defaults=False))
        for char in "<>&":
            text = text.replace(char, f"\\u{ord(char):04x}")
        return MARK + text

    @property
    def lines(self) -> list[str]:
        """The record for people, one thing a line."""
        shown = {
            "made anew by": self.command,
            "page": self.page,
            "checkpoints": ", ".join(f"{name} ({digest})" for name, digest in self.checkpoints.items()),
            "data": self.data,
            "seed": "" if self.seed is None else str(self.seed),
            "settings": ", ".join(f"{key} = {_in_words(value)}" for key, value in self.settings.items()),
            "versions": ", ".join(f"{name} {version}" for name, version in self.versions.items()),
        }
        return [_one_line(self.what), *(f"{title}: {_one_line(text)}" for title, text in shown.items() if text)]


def command_line(*words: str, **options: Any) -> str:
    """A command of ours as one types it; an option that is None is left out, True is a flag, a list is given again."""
    given = ["ancra", *words]
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        for each in value if isinstance(value, list | tuple) else [value]:
            if each is not None and each is not False:
                given += [flag] if each is True else [flag, str(each)]
    return shlex.join(given)


def signed(content: bytes, kind: str, origin: Origin) -> bytes:
    """A file's content with its record: in comments at its head (csv, tex, md, html), as metadata (svg, png).

    Args:
        kind: the file's ending, without a dot.

    Raises:
        ValueError: another kind.
    """
    if kind in _LINE:
        heading = "" if kind == "md" else "".join(_LINE[kind].format(line) for line in origin.lines)
        return (heading + _LINE[kind].format(origin.text)).encode() + content
    if kind == "html":
        return content.replace(b"<head>", f"<head><!-- {origin.text} -->\n".encode(), 1)
    if kind == "svg":
        element = f"\n <metadata>{origin.text}</metadata>".encode()
        return re.sub(rb"<svg\b[^>]*>", lambda found: found[0] + element, content, count=1)
    if kind == "png":
        after = 33  # the signature and the IHDR chunk, which comes first
        return content[:after] + _chunk(b"tEXt", b"Comment\0" + origin.text.encode()) + content[after:]
    raise ValueError(f"no record is put into {kind} files")


def npz(arrays: Mapping[str, Array], origin: Origin) -> bytes:
    """Arrays as a compressed .npz file with the record as its member ``origin``."""
    buffer = BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays, **{MEMBER: np.array(origin.text)})
    return buffer.getvalue()


def pdf_info(origin: Origin) -> dict[str, Any]:
    """What the PDF of a figure is told of itself (matplotlib's ``metadata``)."""
    about = {"Title": origin.what, "Subject": " | ".join(origin.lines[1:]), "Creator": f"ANCRA Lab {__version__}"}
    return {**about, "Keywords": origin.text, "CreationDate": None}


def read_origin(path: Path) -> Origin | None:
    """The record in a file; None where it holds none, whatever the file is. Raises AncraError: it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(limits.UPLOAD_BYTES)
    except OSError as error:
        raise AncraError(f"{path} cannot be read: {error.strerror}.") from None
    text = _of_npz(content) if content.startswith(b"PK") else content.decode("latin-1")
    at = text.find(MARK + "{")
    if at < 0:
        return None
    text = text[at + len(MARK) :]
    if content.startswith(b"%PDF"):
        text = re.sub(r"\\([()\\])", r"\1", text)
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
        return Origin.model_validate(found)
    except (ValueError, RecursionError, ValidationError):
        raise AncraError(f"{path} is damaged: what it says of its origin cannot be read.") from None


def _of_npz(content: bytes) -> str:
    try:
        with np.load(BytesIO(content), allow_pickle=False) as file:
            return str(file[MEMBER]) if MEMBER in file.files else ""
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return ""


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file: https://www.w3.org/TR/png-3/#5Chunk-layout"""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _in_words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())
