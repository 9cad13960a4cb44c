"""Fashion-MNIST: test images that are always there, training images that are read when they are needed."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from ancra.data import fashion_mnist
from ancra.data.dataset import Dataset, Split
from ancra.data.fashion_mnist import load_fashion_mnist, published_split
from ancra.data.fashion_mnist_sample import write_sample
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for data, on a machine without Debian's package and without a network."""
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "none")
    monkeypatch.setattr("torchvision.datasets.FashionMNIST.mirrors", ["http://127.0.0.1:9/"])
    return tmp_path


def publish(folder: Path, count: int = 30, packed: bool = True) -> np.ndarray:
    """Files of the published layout with random images of all classes in turn; returns the images."""
    folder.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    for name, content in ((IMAGES, bytes(16) + images.tobytes()), (LABELS, bytes(8) + labels.tobytes())):
        (folder / (name + ".gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    return images


def load(root: Path) -> Dataset:
    return load_fashion_mnist(DataSettings(name="fashion_mnist", root=root))


def test_test_images_need_no_files(nowhere: Path) -> None:
    data = load_dataset(DataSettings(name="fashion_mnist", root=nowhere))
    assert (len(data.test), data.image_shape) == (2000, (1, 28, 28))
    assert data.test.labels.bincount().tolist() == [200] * 10
    assert (data.classes[0], data.classes[7], data.classes[9]) == ("T-shirt/top", "Sneaker", "Ankle boot")
    images, _ = data.test.batch(slice(100))
    assert (float(images.min()), float(images.max())) == (0.0, 1.0)
    trousers, bags = (data.test.images[data.test.labels == label].float().mean() for label in (1, 8))
    assert bags > trousers  # labels belong to their images: a bag fills more of the picture


def test_training_without_training_images_says_how_to_get_them(nowhere: Path) -> None:
    data = load(nowhere)
    with pytest.raises(AncraError, match=r"apt install dataset-fashion-mnist.*put it at"):
        _ = data.train


@pytest.mark.parametrize("folder", [".", "FashionMNIST/raw"])
@pytest.mark.parametrize("packed", [True, False])
def test_training_images_are_read_from_published_files(nowhere: Path, folder: str, packed: bool) -> None:
    images = publish(nowhere / folder, packed=packed)
    train = load(nowhere).train
    assert torch.equal(train.images[:, 0], torch.from_numpy(images))
    assert train.labels.tolist() == [*range(10)] * 3


def test_debians_package_is_found(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(nowhere / "debian")
    monkeypatch.setattr(fashion_mnist, "DEBIAN", nowhere / "debian")
    assert len(load(nowhere / "empty").train) == 30


def test_missing_training_images_are_fetched_with_their_checksums(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(nowhere / "served")
    resources = [
        (path.name, hashlib.md5(path.read_bytes()).hexdigest()) for path in sorted((nowhere / "served").iterdir())
    ]
    monkeypatch.setattr("torchvision.datasets.FashionMNIST.resources", resources)
    monkeypatch.setattr("torchvision.datasets.FashionMNIST.mirrors", [f"file://{nowhere}/served/"])
    assert len(load(nowhere / "data").train) == 30
    monkeypatch.setattr("torchvision.datasets.FashionMNIST.resources", [(name, "0" * 32) for name, _ in resources])
    with pytest.raises(AncraError, match="another file than the published one"):
        _ = load(nowhere / "other").train


DAMAGED = {
    "empty": b"",
    "another format": b"no gzip",
    "cut short": gzip.compress(b"x" * 3000, mtime=0)[:-4],
    "too few pixels": gzip.compress(bytes(16 + 783), mtime=0),
}


@pytest.mark.parametrize("broken", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_one_sentence(nowhere: Path, broken: bytes) -> None:
    publish(nowhere)
    (nowhere / f"{IMAGES}.gz").write_bytes(broken)
    with pytest.raises(AncraError, match=r"damaged|published files"):
        published_split(nowhere, "train")


def test_the_sample_is_stratified_seeded_and_the_same_bytes_every_time(tmp_path: Path) -> None:
    labels = torch.arange(100) % 10
    images = torch.randint(0, 256, (100, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    assert write_sample(Split(images, labels), first) == write_sample(Split(images, labels), second) == 20
    assert first.read_bytes() == second.read_bytes()
    with np.load(first) as kept:
        places = torch.from_numpy(kept["places"]).long()
        assert torch.equal(torch.from_numpy(kept["images"]), images[places, 0])
        assert np.bincount(kept["labels"]).tolist() == [2] * 10


def test_another_shape_is_refused() -> None:
    with pytest.raises(AncraError, match="grey images of 28 x 28"):
        load_dataset(DataSettings(name="fashion_mnist", image_size=32))
