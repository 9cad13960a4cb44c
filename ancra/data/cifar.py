"""CIFAR-10 and CIFAR-100, in the files that their authors publish."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from ancra.arrays import Array, IntArray, PixelArray
from ancra.data.copies import CIFAR10_CLASSES, picture_folder
from ancra.data.dataset import Dataset, Split
from ancra.data.download import fetch
from ancra.data.image_folder import load_image_folder
from ancra.data.memory_mapped import mapped_array
from ancra.data.settings import DataSettings, check_fixed_shape, data_root
from ancra.errors import AncraError
from ancra.progress import OnProgress

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10

TRAIN_IMAGES = 50_000
TEST_IMAGES = 10_000


def load_cifar10(settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
    """60,000 colour images of 32 x 32 pixels in 10 classes, from airplane to truck; 10,000 are for testing.

    Fetched to ``root`` when it is not there; a folder of pictures there (``train/CLASS/image``) is read in its place.
    Raises AncraError without a network: it says where to put the archive.
    """
    pictures = picture_folder(settings)
    if pictures is not None:
        return _load_pictures(settings, pictures, on_progress)
    # torchvision takes a second to import, which the other datasets need not wait for.
    from torchvision.datasets import CIFAR10

    return load_cifar(CIFAR10, settings, on_progress)


def load_cifar100(settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
    """60,000 colour images of 32 x 32 pixels in 100 classes, from apple to worm; 10,000 are for testing.

    Fetched to ``root`` when it is not there. Raises AncraError without a network: it says where to put the archive.
    """
    from torchvision.datasets import CIFAR100

    return load_cifar(CIFAR100, settings, on_progress)


def _load_pictures(settings: DataSettings, folder: Path, on_progress: OnProgress | None) -> Dataset:
    check_fixed_shape(settings, channels=3, image_size=32)
    found = load_image_folder(DataSettings(name="image_folder", root=folder, image_size=32), on_progress)
    counts, whole = (len(found.train), len(found.test)), (TRAIN_IMAGES, TEST_IMAGES)
    if (found.classes, counts) != (CIFAR10_CLASSES, whole):
        raise AncraError(
            f"{folder} is not the whole of CIFAR-10: it has {counts[0]:,} + {counts[1]:,} images in "
            f"{len(found.classes)} classes instead of {whole[0]:,} + {whole[1]:,} in 10: complete it or move it away."
        )
    return replace(found, name=settings.name)


def load_cifar(kind: type["CIFAR10"], settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
    """The dataset that a class of torchvision reads. Raises AncraError when its files are missing or damaged."""
    check_fixed_shape(settings, channels=3, image_size=32)
    root = data_root(settings)
    if root.name in {kind.base_folder, kind.filename}:
        root = root.parent
    folder = root / kind.base_folder
    names = [name for name, _ in kind.train_list + kind.test_list] + [kind.meta["filename"]]
    if not all((folder / name).is_file() for name in names):
        _unpack(kind, root, on_progress)

    @cache
    def read(train: bool) -> "CIFAR10":
        try:
            return kind(root, train=train)  # compares every file's checksum before it unpickles anything
        except (RuntimeError, OSError, pickle.UnpicklingError):
            raise AncraError(
                f"{folder} is damaged: delete it, so that {kind.filename} is unpacked or downloaded anew."
            ) from None

    def images() -> Iterator[PixelArray]:
        yield from (read(train).data.transpose(0, 3, 1, 2) for train in (True, False))

    def labels() -> Iterator[IntArray]:
        yield from (np.array(read(train).targets) for train in (True, False))

    def classes() -> Iterator[Array]:
        yield np.array([name.replace("_", " ") for name in read(False).classes])

    stats = [(folder / name).stat() for name in names]
    content = "\n".join(f"{name} {s.st_size} {s.st_mtime_ns}" for name, s in zip(names, stats, strict=True))
    count, byte = TRAIN_IMAGES + TEST_IMAGES, np.dtype(np.uint8)
    pixels = torch.from_numpy(mapped_array(folder, "images", content, (count, 3, 32, 32), byte, images))
    targets = torch.from_numpy(mapped_array(folder, "labels", content, (count,), byte, labels)).long()
    shape = (100 if kind.base_folder.startswith("cifar-100") else 10,)
    words = mapped_array(folder, "classes", content, shape, np.dtype("<U32"), classes)
    train, test = slice(TRAIN_IMAGES), slice(TRAIN_IMAGES, None)
    return Dataset(
        settings.name, tuple(words.tolist()), Split(pixels[train], targets[train]), Split(pixels[test], targets[test])
    )


def _unpack(kind: type["CIFAR10"], root: Path, on_progress: OnProgress | None) -> None:
    """Make sure of the archive, and let torchvision check and unpack it."""
    from torchvision.datasets.utils import check_integrity, extract_archive

    archive = root / kind.filename
    if not archive.is_file():
        fetch(kind.url, archive, kind.tgz_md5, on_progress)
    if not check_integrity(str(archive), kind.tgz_md5):
        raise AncraError(f"{archive} is not the published archive: delete it, then download {kind.url} anew.")
    try:
        extract_archive(str(archive), str(root))
    except OSError as error:
        raise AncraError(f"{archive} cannot be unpacked to {root} ({error.strerror or error}).") from None
