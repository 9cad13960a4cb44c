"""CIFAR through torchvision, on tiny archives of the published layout."""

import hashlib
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import CIFAR10

from ancra.data import cifar
from ancra.data.cifar import load_cifar
from ancra.data.copies import CIFAR10_CLASSES
from ancra.data.digest import data_digest
from ancra.data.places import named
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError

NAMES = [f"big_class_{index}" for index in range(10)]


@pytest.fixture
def kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[CIFAR10]:
    """A dataset of 20 + 10 images, its archive in tmp_path/data."""
    monkeypatch.setattr(cifar, "TRAIN_IMAGES", 20)
    monkeypatch.setattr(cifar, "TEST_IMAGES", 10)
    folder = tmp_path / "made" / CIFAR10.base_folder
    folder.mkdir(parents=True)
    (tmp_path / "data").mkdir()
    random = np.random.default_rng(0)

    def write(name: str, content: object) -> str:
        data = pickle.dumps(content)
        (folder / name).write_bytes(data)
        return hashlib.md5(data).hexdigest()

    def batch(name: str) -> list[str]:
        pixels = random.integers(0, 256, (10, 3072), dtype=np.uint8)
        return [name, write(name, {"data": pixels, "labels": list(range(10))})]

    train, test = [batch("data_batch_1"), batch("data_batch_2")], [batch("test_batch")]
    meta = {"filename": "batches.meta", "key": "label_names", "md5": write("batches.meta", {"label_names": NAMES})}
    archive = tmp_path / "data" / CIFAR10.filename
    with tarfile.open(archive, "w:gz") as file:
        file.add(folder, CIFAR10.base_folder)
    checksum = hashlib.md5(archive.read_bytes()).hexdigest()
    made = {"train_list": train, "test_list": test, "meta": meta, "tgz_md5": checksum, "url": "http://127.0.0.1:9/none"}
    return type("SmallCifar", (CIFAR10,), made)


def settings(root: Path) -> DataSettings:
    return DataSettings(name="cifar10", root=root)


def test_archive_is_unpacked_and_decoded_once(kind: type[CIFAR10], tmp_path: Path) -> None:
    root = tmp_path / "data"
    data = load_cifar(kind, settings(root))
    assert (len(data.train), len(data.test), data.image_shape) == (20, 10, (3, 32, 32))
    assert data.classes[3] == "big class 3"
    assert data.train.labels.tolist() == [*range(10), *range(10)]
    expected = torch.from_numpy(kind(root, train=False).data).permute(0, 3, 1, 2)
    assert torch.equal(data.test.images, expected)

    arrays = {path: path.stat().st_mtime_ns for path in root.rglob("*.npy")}
    assert len(arrays) == 3
    again = load_cifar(kind, settings(root / kind.base_folder))
    assert torch.equal(again.train.images, data.train.images)
    assert arrays == {path: path.stat().st_mtime_ns for path in root.rglob("*.npy")}


def test_damaged_files_and_archive(kind: type[CIFAR10], tmp_path: Path) -> None:
    root = tmp_path / "data"
    load_cifar(kind, settings(root))
    (root / kind.base_folder / "test_batch").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(AncraError, match="is damaged: delete it"):
        load_cifar(kind, settings(root))
    (root / kind.base_folder / "test_batch").unlink()
    (root / kind.filename).write_bytes(b"other")
    with pytest.raises(AncraError, match="not the published archive"):
        load_cifar(kind, settings(root))


def test_without_a_network_it_says_where_to_put_the_archive(kind: type[CIFAR10], tmp_path: Path) -> None:
    with pytest.raises(AncraError, match=rf"{kind.url} .* put it at {tmp_path / 'empty' / kind.filename}"):
        load_cifar(kind, settings(tmp_path / "empty"))
    assert list((tmp_path / "empty").iterdir()) == []


def test_another_shape_is_refused() -> None:
    with pytest.raises(AncraError, match="colour images of 32 x 32"):
        load_dataset(DataSettings(name="cifar100", channels=1))


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of data with CIFAR-10 as pictures, 20 images for training and 10 for testing."""
    monkeypatch.setattr(cifar, "TRAIN_IMAGES", 20)
    monkeypatch.setattr(cifar, "TEST_IMAGES", 10)
    random = np.random.default_rng(0)
    for part in ("train/{}/0.png", "train/{}/1.png", "test/{}/0.png"):
        for name in CIFAR10_CLASSES:
            path = tmp_path / "cifar10" / part.format(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(path)
    return tmp_path


def test_pictures_in_folders_stand_for_the_published_files(pictures: Path) -> None:
    data = load_dataset(settings(pictures))
    assert (data.name, len(data.train), len(data.test), data.image_shape) == ("cifar10", 20, 10, (3, 32, 32))
    assert data.classes == CIFAR10_CLASSES
    place = named("cifar10", pictures)
    assert place.here
    assert place.folder == pictures / "cifar10"


def test_pictures_are_other_images_to_every_result(pictures: Path, tmp_path: Path) -> None:
    published, before = data_digest(settings(tmp_path / "none")), data_digest(settings(pictures))
    assert before != published
    some = pictures / "cifar10" / "test" / "cat" / "0.png"
    Image.new("RGB", (32, 32)).save(some)
    assert data_digest(settings(pictures)) not in (before, published)


def test_a_part_of_the_pictures_is_refused(pictures: Path) -> None:
    (pictures / "cifar10" / "test" / "dog" / "0.png").unlink()
    with pytest.raises(AncraError, match="not the whole of CIFAR-10"):
        load_dataset(settings(pictures))
