"""One name for the images that results were made with, wherever they lie: a part of every stored result's key."""

import hashlib
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ancra.data.copies import picture_folder
from ancra.data.files import SUFFIXES, FolderFiles, open_files
from ancra.data.settings import DataSettings
from ancra.files import replace_file
from ancra.paths import workspace

if TYPE_CHECKING:
    from torch import Tensor

    from ancra.data.dataset import Split

PUBLISHED = frozenset({"digits", "fashion_mnist", "cifar10", "cifar100"})
"""Datasets whose files are checked against published checksums: their images never differ.

A folder of pictures in their place is another thing."""


def data_digest(settings: DataSettings) -> str:
    """16 hexadecimal digits that name a dataset's images and how they are read, not where they lie.

    For a folder or an archive of images the contents of the files count. Raises AncraError when it is gone.
    """
    plain = settings.with_changes(root=None).digest()
    pictures = picture_folder(settings)
    if pictures is not None:
        return _short(f"{plain}{_contents(pictures)}")
    if settings.root is None or settings.name in PUBLISHED:
        return plain
    return _short(f"{plain}{_contents(settings.root.expanduser())}")


def fingerprint(split: "Split", indices: "Tensor") -> str:
    """16 hexadecimal digits that name these images and labels."""
    chosen = split.subset(indices)
    text = hashlib.sha256(chosen.images.contiguous().numpy().tobytes())
    text.update(chosen.labels.numpy().tobytes())
    return text.hexdigest()[:16]


def _contents(root: Path) -> str:
    files = open_files(root)
    stamps = {name: stamp for name, stamp in files.stamps.items() if _counts(name)}
    if not isinstance(files, FolderFiles):
        return _short(str(stamps))  # The stamps of an archive are checksums.
    return _remembered(files, stamps)


def _counts(name: str) -> bool:
    """Whether a file's content says what the images show: pictures, packed ones, and tables of labels."""
    ending = os.path.splitext(name)[1].lower()
    return ending in SUFFIXES or ending in (".npy", ".parquet", ".csv", ".tsv")


def _remembered(files: FolderFiles, stamps: Mapping[str, str]) -> str:
    """The digest of the files' contents, which are read only when a name, size or time has changed."""
    note = workspace() / "data" / "digests" / f"{_short(f'{files.root.absolute()}{stamps}')}.txt"
    with suppress(OSError):
        return note.read_text()
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(lambda name: f"{name} {hashlib.sha256(files.read(name)).hexdigest()}\n", stamps)
        found = _short("".join(parts))
    with suppress(OSError):
        replace_file(note, lambda file: file.write(found.encode()))
    return found


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
