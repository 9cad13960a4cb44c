"""What a file that is no table of weights holds instead, by its content, and what to do: nothing in it is run."""

import io
import pickle
import pickletools
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ancra import limits

WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights")
"""What the table of weights is usually called in a file that holds more."""
_SAVE = "save them with torch.save"
_UNPACK = "is compressed: unpack it first"
_KINDS = (
    (b"version https://git-lfs", "is a Git LFS pointer instead of the file: `git lfs pull` fetches it"),
    (b"\x89HDF\r\n", f"is an HDF5 file, as Keras writes it, and no PyTorch weights: {_SAVE}"),
    (b"GGUF", f"is a GGUF file of a language model, and no PyTorch weights: {_SAVE}"),
    (b"\x1f\x8b", _UNPACK),
    (b"BZh", _UNPACK),
    (b"\xfd7zXZ", _UNPACK),
    (b"7z\xbc\xaf'\x1c", _UNPACK),
    (b"Rar!", _UNPACK),
    (b"\x93NUMPY", f"is a NumPy array and no PyTorch weights: {_SAVE}"),
    (b"\x89PNG", "is a picture and no weights: choose the file beside it"),
    (b"\xff\xd8\xff", "is a picture and no weights: choose the file beside it"),
    (b"%PDF", "is a PDF and no weights: choose the file beside it"),
)
_WEIGHT_ENDINGS = (".pt", ".pth", ".ckpt", ".safetensors", ".bin", ".pkl", ".tar")


def in_the_way(path: Path) -> str:
    """What keeps a file from being read, as the end of a sentence."""
    damaged = "is damaged, cut off, or no weight file"
    try:
        return _seen_in(path) or damaged
    except Exception:  # an archive that is damaged fails in whatever way its damage provokes
        return damaged


def _seen_in(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(512)
    for start, words in _KINDS:
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
    return _packed(names) or _foreign_objects(path, names) or (None if names else _text(path, head))


def _packed(names: list[str]) -> str | None:
    """What a zip archive of these names is."""
    if any(name.endswith("constants.pkl") for name in names):
        return (
            "is a TorchScript program: save its weights alone, as in torch.save(torch.jit.load('FILE').state_dict(), "
            "'weights.pt')"
        )
    if any(name.endswith(("exported_program.json", "models/model.json")) for name in names):
        return (
            "is an exported program: save its weights alone, as in torch.save(torch.export.load('FILE').state_dict, "
            "'weights.pt')"
        )
    if names and all(name.endswith(".npy") for name in names):
        return f"holds NumPy arrays and no PyTorch weights: {_SAVE}"
    inside = next((name for name in names if name.lower().endswith(_WEIGHT_ENDINGS) and "data.pkl" not in name), None)
    return f"is an archive, with {inside[:80]} in it: unpack it first" if inside else None


def _text(path: Path, head: bytes) -> str | None:
    """What a file of plain text is."""
    start = head.decode(errors="replace").rstrip("\ufffd").lstrip()
    if not re.fullmatch(r"[\w\s!-~]*", start) or not re.search(r"\n|^[{\[]", start):
        return None
    if '"weight_map"' in start or path.name.endswith(".index.json"):
        return (
            "is the index of a model in several files: load it where it was made, and save "
            "torch.save(model.state_dict(), 'weights.pt')"
        )
    return "is text and no weights: choose the file of weights beside it"


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
    arrays = any(re.match(r"numpy\..*\._reconstruct$", name) for name in used)
    odd = sorted(
        name for name in used if not re.match(r"torch\.|torch\._|collections\.|_codecs\.|builtins\.|numpy", name)
    )
    loaded = "torch.load('FILE', weights_only=False)"
    if not odd and arrays and "torch._utils._rebuild_tensor_v2" not in used:
        return (
            "holds NumPy arrays in the place of tensors: where it was made, save torch.save({name: "
            f"torch.from_numpy(array) for name, array in {loaded}.items()}}, 'weights.pt')"
        )
    if not odd and not arrays:
        return None
    key = next((f"['{key}']" for key in WRAPPERS if key in words), "")
    alone = (
        f"as in torch.save({loaded}{key}, 'weights.pt')"
        if key
        else "as in torch.save(model.state_dict(), 'weights.pt')"
    )
    return (
        f"holds {odd[0] if odd else 'NumPy arrays (numpy.ndarray)'} beside tensors, and Python objects can run code: "
        f"where it was made, save the weights alone, {alone}"
    )


def _globals(content: bytes) -> Iterator[str]:
    """The dotted names that the pickles ask for."""
    recent: list[str] = []
    memo: dict[int, str] = {}
    for name, value in _opcodes(content):
        if name == "GLOBAL":
            yield str(value).replace(" ", ".")
        elif name == "STACK_GLOBAL" and len(recent) >= 2:
            yield ".".join(recent[-2:])
        elif "UNICODE" in name:
            recent = [*recent[-1:], str(value)]
        elif name == "MEMOIZE":
            memo[len(memo)] = recent[-1] if recent else ""
        elif name in ("BINGET", "LONG_BINGET", "GET") and value in memo:
            recent = [*recent[-1:], memo[value]]


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
