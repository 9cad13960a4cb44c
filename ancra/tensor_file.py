"""Files of named tensors with a text beside them (the safetensors format), as bytes: no torch, nothing unpickled."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ancra import limits
from ancra.errors import AncraError
from ancra.files import replace_file


@dataclass(frozen=True)
class TensorFile:
    """The content of a safetensors file: an 8-byte length, a JSON header, the tensors' bytes.

    Attributes:
        metadata: texts by name, as the file gives them; not checked.
        entries: tensor name -> dtype, shape and place in ``buffer``; not checked.
        buffer: the tensors' bytes; empty when the header alone was read.
    """

    metadata: Mapping[str, Any]
    entries: Mapping[str, Any]
    buffer: memoryview

    def digest(self, salt: str) -> str:
        """16 hexadecimal digits that name a text and the tensors as stored, wherever they lie in the file."""
        result = hashlib.sha256(salt.encode())
        for name in sorted(self.entries):
            try:
                start, end = self.entries[name]["data_offsets"]
                result.update(json.dumps([name, self.entries[name]["dtype"], self.entries[name]["shape"]]).encode())
                result.update(self.buffer[start:end])
            except (KeyError, TypeError, ValueError):
                raise AncraError(
                    f"The tensor {name[:80]!r} of the file is described wrongly: fetch it again."
                ) from None
        return result.hexdigest()[:16]

    def write(self, path: Path, metadata: Mapping[str, str]) -> None:
        """Write the tensors with other metadata: ``path`` is wholly the new file or untouched. Raises AncraError."""
        header = json.dumps({"__metadata__": dict(metadata), **self.entries}, separators=(",", ":")).encode()
        header += b" " * (-len(header) % 8)  # the format's tensors start at a multiple of 8
        parts = (len(header).to_bytes(8, "little"), header, self.buffer)
        try:
            replace_file(path, lambda file: file.writelines(parts))
        except OSError as error:
            raise AncraError(f"{path} cannot be written: {error.strerror}.") from None


def read_bytes(path: Path) -> bytes:
    """A whole file. Raises AncraError when it is missing or cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None


def read_header(path: Path) -> TensorFile:
    """A file without its tensors' bytes, quickly. Raises AncraError when it is missing, damaged or something else."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
            return _parse(file.read(_header_length(start, path.stat().st_size, path)), memoryview(b""), path)
    except OSError as error:
        raise _unreadable(path, error) from None


def split(content: bytes, path: Path) -> TensorFile:
    """The parts of a file, from its bytes; ``path`` is for messages. Raises AncraError as ``read_header``."""
    start = 8 + _header_length(content[:8], len(content), path)
    return _parse(content[8:start], memoryview(content)[start:], path)


def _header_length(start: bytes, size: int, path: Path) -> int:
    """The header's length from the file's first 8 bytes and its size."""
    if size == 0:
        raise AncraError(f"{path} is empty: fetch it again.")
    length = int.from_bytes(start, "little")
    if len(start) < 8 or not 2 <= length <= limits.CARD_BYTES:
        raise AncraError(f"{path} is not a checkpoint of this program: a safetensors file is expected.")
    if 8 + length > size:
        raise AncraError(f"{path} is cut off, or not a safetensors file: fetch it again.")
    return length


def _parse(text: bytes, buffer: memoryview, path: Path) -> TensorFile:
    try:
        header = json.loads(text)
        metadata = header.pop("__metadata__", {})
        return TensorFile(metadata if isinstance(metadata, dict) else {}, header, buffer)
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise AncraError(f"{path} is not a checkpoint of this program: a safetensors file is expected.") from None


def _unreadable(path: Path, error: OSError) -> AncraError:
    if isinstance(error, FileNotFoundError):
        return AncraError(f"There is no checkpoint file {path}.")
    return AncraError(f"{path} cannot be read: {error.strerror}.")
