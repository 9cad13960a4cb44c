"""Weight files of any kind, read without running anything in them: by what they hold, whatever they are called."""

import io
import pickle
import pickletools
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ancra import limits
from ancra.errors import AncraError
from ancra.tensor_file import read_bytes, read_header

_WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights")
_NUMBERS = [
    np.dtype,
    *(type(np.dtype(kind)) for kind in "?bhilqBHILQefd"),
    *((np.float64(0).__reduce__()[0], f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
]
"""What a NumPy number is made of in a pickle: nothing of it runs code."""
_OTHER_KINDS = (
    (b"version https://git-lfs", "is a Git LFS pointer instead of the file: `git lfs pull` fetches it"),
    (b"\x89HDF\r\n", "is an HDF5 file, as Keras writes it, and no PyTorch weights: save them with torch.save"),
    (b"\x1f\x8b", "is compressed: unpack it first"),
    (b"BZh", "is compressed: unpack it first"),
    (b"\xfd7zXZ", "is compressed: unpack it first"),
    (b"\x93NUMPY", "is a NumPy array and no PyTorch weights: save them with torch.save"),
)


def is_tensor_file(path: Path) -> bool:
    """Whether a file begins as a safetensors file does."""
    with path.open("rb") as file:
        head = file.read(9)
    return len(head) == 9 and head[8:] == b"{" and int.from_bytes(head[:8], "little") <= limits.CARD_BYTES


def read_weights(path: Path | str) -> dict[str, Tensor]:
    """The tensors of a weight file by name: safetensors, or what ``torch.save`` writes; what it is called says nothing.

    Raises:
        AncraError: for a missing, damaged or unsafe file, or one without a state dict, with what is in the way and the
            line of Python that saves the weights alone.
    """
    path = Path(path)
    if not path.is_file():
        raise AncraError(f"There is no weight file {path}.")
    if is_tensor_file(path):
        return _state_dict(_safetensors(path), path)
    try:
        with torch.serialization.safe_globals(_NUMBERS):  # type: ignore[arg-type]
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch raises whatever a damaged or hostile file provokes
        raise AncraError(f"{path} cannot be read safely: it {_in_the_way(path)}.") from None
    return _state_dict(content, path)


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    read_header(path)
    try:
        return load(read_bytes(path))
    except (SafetensorError, ValueError, KeyError) as error:
        raise AncraError(f"{path} is damaged ({error}): fetch it again.") from None


def _in_the_way(path: Path) -> str:
    """What keeps a file from being read, as the end of a sentence."""
    damaged = "is damaged, cut off, or no weight file"
    try:
        return _seen_in(path) or damaged
    except Exception:  # an archive that is damaged fails in whatever way its damage provokes
        return damaged


def _seen_in(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(512)
    for start, words in _OTHER_KINDS:
        if head.startswith(start):
            return words
    if head.lstrip()[:5].lower() in (b"<!doc", b"<html"):
        return "is a web page instead of the file: download it again"
    if b"ustar" in head:
        return "is an archive: unpack it first"
    if head[:1] == b"\x08" and re.search(rb"onnx|pytorch|tf2|keras", head[:64]):
        return (
            "is an ONNX file, a program of fixed numbers: bring the weights that it was made from, as in "
            "torch.save(model.state_dict(), 'weights.pt')"
        )
    names = _members(path)
    if any(name.endswith("constants.pkl") for name in names):
        return (
            "is a TorchScript program: save its weights alone, as in torch.save(torch.jit.load('FILE').state_dict(), "
            "'weights.pt')"
        )
    if names and all(name.endswith(".npy") for name in names):
        return "holds NumPy arrays and no PyTorch weights: save them with torch.save"
    return _foreign_objects(path, names)


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return []


def _foreign_objects(path: Path, names: list[str]) -> str | None:
    """What a pickle needs that is no tensor and no number; the opcodes are read, and none is carried out."""
    if names:
        inner = next((name for name in names if name.endswith("data.pkl")), None)
        if inner is None:
            return None
        with zipfile.ZipFile(path) as archive, archive.open(inner) as file:
            content = file.read(limits.CARD_BYTES)
    else:
        with path.open("rb") as file:
            content = file.read(limits.CARD_BYTES)
    used, words = set(_globals(content)), set(_texts(content))
    modules = sorted(name for name in used if name.startswith(("torch.nn.modules.", "torchvision.", "timm.")))
    if modules:
        return (
            f"holds a whole network ({modules[-1]}) as Python objects: where it was made, save "
            "torch.save(model.state_dict(), 'weights.pt')"
        )
    odd = sorted(
        name for name in used if not re.match(r"torch\.|torch\._|collections\.|_codecs\.|builtins\.|numpy", name)
    )
    odd += sorted(name for name in used if re.match(r"numpy\.(ndarray|.*\._reconstruct)", name))
    if not odd:
        return None
    key = next((key for key in _WRAPPERS if key in words), "state_dict")
    return (
        f"holds {odd[0]} beside tensors, and Python objects can run code: where it was made, save the weights alone, "
        f"as in torch.save(torch.load('FILE', weights_only=False)['{key}'], 'weights.pt')"
    )


def _globals(content: bytes) -> Iterator[str]:
    """The dotted names that the pickles ask for."""
    recent: list[str] = []
    for name, value in _opcodes(content):
        if name == "GLOBAL":
            yield str(value).replace(" ", ".")
        elif name == "STACK_GLOBAL" and len(recent) >= 2:
            yield ".".join(recent[-2:])
        elif "UNICODE" in name:
            recent = [*recent[-1:], str(value)]


def _texts(content: bytes) -> Iterator[str]:
    yield from (str(value) for name, value in _opcodes(content) if "UNICODE" in name)


def _opcodes(content: bytes) -> Iterator[tuple[str, Any]]:
    """The opcodes of pickles one after another, as far as they can be told."""
    stream = io.BytesIO(content)
    try:
        while stream.tell() < len(content):
            for opcode, value, _ in pickletools.genops(stream):
                yield opcode.name, value
    except (ValueError, IndexError, EOFError, pickle.UnpicklingError, UnicodeDecodeError):
        return


def _state_dict(content: Any, path: Path) -> dict[str, Tensor]:
    found = _find(content)
    if not isinstance(found, dict) or not found:
        raise AncraError(f"{path} holds no state dict: a table of tensors by name is expected.")
    dense = 0
    for key, value in found.items():
        if not isinstance(key, str) or not isinstance(value, Tensor) or not _is_plain(value):
            raise AncraError(f"{path} holds no state dict: its entry {str(key)[:80]!r} is not a plain tensor.")
        dense += value.numel() * value.element_size()
    if dense > limits.DENSE_RATIO * path.stat().st_size + 2**20:
        raise AncraError(f"{path} holds tensors that are far larger than the file: it is not read.")
    return found


def _find(content: Any) -> Any:
    """The table of weights: under a usual name, at any depth, else the only table of tensors there is."""
    for _ in range(limits.DEPTH):
        if not isinstance(content, Mapping):
            return content
        tables = {key: value for key, value in content.items() if isinstance(value, Mapping) and value}
        named = [tables[key] for key in _WRAPPERS if key in tables]
        alone = [value for value in tables.values() if all(isinstance(one, Tensor) for one in value.values())]
        if named:
            content = named[0]
        elif len(alone) == 1 and not any(isinstance(one, Tensor) for one in content.values()):
            content = alone[0]
        else:
            return content
    return content


def _is_plain(tensor: Tensor) -> bool:
    """Whether a tensor is numbers in memory, one after another."""
    return tensor.layout == torch.strided and not (tensor.is_quantized or tensor.is_meta or tensor.is_nested)
