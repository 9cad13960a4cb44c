"""Decoding once: arrays that are written to the disk the first time and mapped into memory from then on."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from ancra.arrays import Array, PixelArray
from ancra.data.files import Files
from ancra.data.images import read_image
from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.paths import workspace
from ancra.progress import OnProgress

_FORMAT = 1  # to be raised when decoding changes, so that nothing is taken from older arrays
_KEPT = 4
_CHUNK = 256
_NAMED = 12


def decode_images(
    files: Files, names: Sequence[str], channels: int, size: tuple[int, int], on_progress: OnProgress | None = None
) -> Tensor:
    """The named images in one array, decoded when one of them changed since the last time.

    Args:
        files: where the images are.
        names: which, in the order of the result.
        channels: 1 for grey, 3 for colour.
        size: (height, width) in pixels.
        on_progress: called with (done, total) while images are decoded.

    Returns:
        (N, channels, height, width), uint8, mapped from a file (copy on write, so that the file stays as it is).

    Raises:
        AncraError: images are broken (they are all named), or there is no room for the array.
    """
    shape = (len(names), channels, *size)
    content = "\n".join(f"{name} {files.stamps[name]}" for name in names)

    broken: dict[str, AncraError] = {}

    def decode(name: str) -> PixelArray:
        try:
            return read_image(files.read(name), channels, size, name=f"{name} in {files.root}").numpy()
        except AncraError as error:
            broken[name] = error
            return np.zeros((channels, *size), np.uint8)

    def chunks() -> Iterator[PixelArray]:
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            for start in range(0, len(names), _CHUNK):
                images = list(pool.map(decode, names[start : start + _CHUNK]))
                yield np.stack(images)
                if on_progress:
                    on_progress(start + len(images), len(names))
        if broken:
            raise _broken(files, broken, len(names))

    kind = "x".join(map(str, shape[1:]))
    return torch.from_numpy(mapped_array(files.root, kind, content, shape, np.dtype(np.uint8), chunks))


def _broken(files: Files, broken: Mapping[str, AncraError], count: int) -> AncraError:
    """One error for all images that cannot be read."""
    if len(broken) == 1:
        return next(iter(broken.values()))
    names = sorted(broken)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return AncraError(
        f"{len(names)} of {count:,} images in {files.root} cannot be read: {', '.join(names[:_NAMED])}{more}. "
        "Replace or remove them."
    )


def mapped_array(
    source: Path,
    kind: str,
    content: str,
    shape: tuple[int, ...],
    dtype: np.dtype,
    make: Callable[[], Iterable[Array]],
) -> Array:
    """An array from its file, which is made first where it is missing.

    The file lies in ``.ancra`` beside the data or, when nothing can be written there, in the workspace.

    Args:
        source: the folder or archive the array comes from.
        kind: first part of the file's name; a few arrays of each kind are kept.
        content: everything the array depends on, as text.
        shape: of the whole array.
        dtype: of its elements.
        make: gives the array in pieces along its first axis.

    Raises:
        AncraError: the file can be written nowhere.
    """
    digest = hashlib.sha256(f"{_FORMAT} {shape} {dtype}\n{content}".encode()).hexdigest()[:16]
    folders = _folders(source)
    for folder in folders:
        path = folder / f"{kind}-{digest}.npy"
        if path.is_file():
            try:
                return np.load(path, mmap_mode="c")
            except (OSError, ValueError):
                pass  # damaged: it is made anew
    for folder in folders:
        path = folder / f"{kind}-{digest}.npy"
        try:
            _write(path, shape, dtype, make)
            _remove_old(folder, kind)
            return np.load(path, mmap_mode="c")
        except OSError:
            continue
    megabytes = np.prod(shape) * dtype.itemsize / 2**20
    raise AncraError(
        f"The decoded images ({megabytes:.0f} MB) can be written neither to {folders[0]} nor to {folders[1]}: "
        "free some space, or set ANCRA_HOME to a folder that can be written."
    )


def _folders(source: Path) -> tuple[Path, Path]:
    source = source.resolve()
    beside = source if source.is_dir() else source.parent
    name = hashlib.sha256(str(source).encode()).hexdigest()[:16]
    return beside / ".ancra", workspace() / "data" / ".ancra" / name


def _write(path: Path, shape: tuple[int, ...], dtype: np.dtype, make: Callable[[], Iterable[Array]]) -> None:
    def write(file: BinaryIO) -> None:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        # Plain writes: a full disk is an OSError, where writing to a mapped file would kill the process.
        for piece in make():
            file.write(np.ascontiguousarray(piece, dtype=dtype).reshape(-1).view(np.uint8).data)

    replace_file(path, write)


def _remove_old(folder: Path, kind: str) -> None:
    arrays = sorted(folder.glob(f"{kind}-*.npy"), key=lambda path: path.stat().st_mtime)
    for path in arrays[:-_KEPT]:
        path.unlink(missing_ok=True)
