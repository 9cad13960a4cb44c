"""Fashion-MNIST (Xiao et al. 2017): photographs of clothes. 2,000 test images come with the project."""

import gzip
from functools import partial
from pathlib import Path

import numpy as np
import torch

from ancra.arrays import PixelArray
from ancra.data.dataset import Dataset, Split
from ancra.data.download import fetch
from ancra.data.settings import DataSettings, check_fixed_shape, data_root
from ancra.errors import AncraError
from ancra.progress import OnProgress

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SIDE = 28
SHIPPED = Path(__file__).with_name("fashion_mnist_test.npz")
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
FOLDER = "FashionMNIST/raw"
"""Where torchvision puts the published files."""
HEADERS = {"images": 16, "labels": 8}
"""Bytes before the content of a published file (the IDX format)."""


def load_fashion_mnist(settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
    """Grey photographs of 28 x 28 pixels of clothes in 10 classes; the 2,000 test images need no download.

    The test images are the same on every machine: 200 of each class out of the 10,000 published ones. The 60,000
    training images are read when they are first asked for: from ``root``, from Debian's package
    dataset-fashion-mnist, or fetched.

    Raises AncraError when the settings ask for another image size or number of channels.
    """
    check_fixed_shape(settings, channels=1, image_size=SIDE)
    with np.load(SHIPPED) as kept:
        images, labels = torch.from_numpy(kept["images"]).unsqueeze(1), torch.from_numpy(kept["labels"]).long()
    training = partial(published_split, data_root(settings), "train", on_progress)
    return Dataset(settings.name, CLASSES, training, Split(images, labels))


def published_split(root: Path, part: str, on_progress: OnProgress | None = None) -> Split:
    """A published split: ``train``, 60,000 images, or ``t10k``, the 10,000 for testing.

    Raises AncraError: not there and no network (it says what to do), or files that are not the published ones.
    """
    found = {kind: _located(root, f"{part}-{kind}-idx{rank}-ubyte", on_progress) for kind, rank in _RANKS.items()}
    images, labels = (_content(found[kind], HEADERS[kind]) for kind in ("images", "labels"))
    if len(images) != len(labels) * SIDE * SIDE or not len(labels) or labels.max() >= len(CLASSES):
        raise AncraError(f"{found['images'].parent} does not hold Fashion-MNIST's published files: fetch them anew.")
    return Split(torch.from_numpy(images).view(-1, 1, SIDE, SIDE), torch.from_numpy(labels).long())


_RANKS = {"images": 3, "labels": 1}


def _located(root: Path, name: str, on_progress: OnProgress | None) -> Path:
    """A published file, packed or not: in the root, in torchvision's folder in it, in Debian's; else it is fetched."""
    from torchvision.datasets import FashionMNIST

    for folder in (root, root / FOLDER, DEBIAN):
        for path in (folder / f"{name}.gz", folder / name):
            if path.is_file():
                return path
    target = root / FOLDER / f"{name}.gz"
    checksum = dict(FashionMNIST.resources)[target.name]
    try:
        fetch(FashionMNIST.mirrors[0] + target.name, target, checksum, on_progress)
    except AncraError as error:
        raise AncraError(
            f"The training images of Fashion-MNIST are not there: on Debian `apt install dataset-fashion-mnist` brings "
            f"them, or set data.root to a folder with the four published files. {error}"
        ) from None
    return target


def _content(path: Path, header: int) -> PixelArray:
    try:
        raw = path.read_bytes()
        content = gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (OSError, EOFError) as error:
        raise AncraError(f"{path} is damaged ({error}): delete it, then fetch it anew.") from None
    return np.frombuffer(bytearray(content), np.uint8, offset=header) if len(content) > header else np.empty(0, "u1")
