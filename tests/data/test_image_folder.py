"""Folders of images: layouts, splits, the array decoded once, and what is wrong with a folder."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ancra.data.dataset import Dataset
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError

COLOURS = {"cat": (200, 10, 10), "dog": (10, 200, 10), "emu": (10, 10, 200)}


def fill(folder: Path, count: int, colour: tuple[int, int, int], size: tuple[int, int] = (20, 12)) -> None:
    folder.mkdir(parents=True)
    for index in range(count):
        Image.new("RGB", size, (colour[0], colour[1], colour[2] + index)).save(folder / f"{index}.png")


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    root = tmp_path / "pets"
    for name, colour in COLOURS.items():
        fill(root / name, 10, colour)
    (root / "cat" / "notes.txt").write_text("no image")
    (root / "cat" / "._0.png").write_text("no image either")
    return root


def load(root: Path, **changes: object) -> Dataset:
    return load_dataset(DataSettings.model_validate({"name": "image_folder", "root": root, **changes}))


def test_split_by_seed_is_stratified_and_disjoint(pets: Path) -> None:
    data = load(pets, image_size=8)
    assert data.classes == ("cat", "dog", "emu")
    assert data.image_shape == (3, 8, 8)
    assert data.train.labels.bincount().tolist() == [8, 8, 8]
    assert data.test.labels.bincount().tolist() == [2, 2, 2]
    colours = {tuple(image[:, 0, 0].tolist()) for split in (data.train, data.test) for image in split.images}
    assert len(colours) == 30
    assert data.train.images[:8, 0].float().mean() == 200
    again, other = load(pets, image_size=8), load(pets, image_size=8, split_seed=1)
    assert torch.equal(again.test.images, data.test.images)
    assert not torch.equal(other.test.images, data.test.images)


@pytest.mark.parametrize("test_folder", ["test", "val"])
def test_train_and_test_folders_in_grey(tmp_path: Path, test_folder: str) -> None:
    for name in ("cat", "dog"):
        fill(tmp_path / "train" / name, 3, COLOURS[name])
    fill(tmp_path / test_folder / "dog" / "deeper", 2, COLOURS["dog"])
    data = load(tmp_path, channels=1)
    assert data.image_shape == (1, 32, 32)
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.test.labels.tolist() == [1, 1]


def test_class_named_train(tmp_path: Path) -> None:
    for name in ("train", "bus"):
        fill(tmp_path / name, 4, COLOURS["cat"])
    assert load(tmp_path).classes == ("bus", "train")


def test_zip_with_a_folder_around(pets: Path, tmp_path: Path) -> None:
    archive = tmp_path / "pets.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(pets.rglob("*.png")):
            file.write(path, Path("pets") / path.relative_to(pets))
        file.writestr("__MACOSX/pets/cat/0.png", "no image")
        file.writestr("pets/../../escaped.txt", "left where it is")
    assert torch.equal(load(archive).train.images, load(pets).train.images)
    assert not (tmp_path.parent / "escaped.txt").exists()


def test_decoded_once_and_anew_after_a_change(pets: Path) -> None:
    first = load(pets)
    array = next((pets / ".ancra").glob("*.npy"))
    written = array.stat().st_mtime_ns
    assert np.load(array, mmap_mode="r").shape == (30, 3, 32, 32)
    first.train.images.zero_()  # copy on write: the file stays
    again = load(pets)
    assert again.train.images.float().mean() > 10
    assert array.stat().st_mtime_ns == written
    Image.new("RGB", (20, 12), "white").save(pets / "cat" / "0.png")
    changed = load(pets)
    assert (torch.cat([changed.train.images, changed.test.images]) == 255).all((1, 2, 3)).sum() == 1


def test_damaged_array_is_made_anew(pets: Path) -> None:
    first = load(pets).train.images.clone()
    array = next((pets / ".ancra").glob("*.npy"))
    os.truncate(array, 1000)
    assert torch.equal(load(pets).train.images, first)


def test_workspace_is_used_where_the_folder_cannot_be_written(
    pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANCRA_HOME", str(tmp_path / "home"))
    (pets / ".ancra").write_text("a file where the folder would be")
    assert len(load(pets).train) == 24
    assert len(list((tmp_path / "home").rglob("*.npy"))) == 1
    (tmp_path / "blocked").write_text("")
    monkeypatch.setenv("ANCRA_HOME", str(tmp_path / "blocked"))
    with pytest.raises(AncraError, match="ANCRA_HOME"):
        load(pets)


def test_progress_reaches_the_total(pets: Path) -> None:
    seen: list[tuple[int, int]] = []
    settings = DataSettings(name="image_folder", root=pets)
    load_dataset(settings, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (30, 30)


def test_broken_file_is_named_and_nothing_is_left(pets: Path) -> None:
    (pets / "dog" / "3.png").write_bytes((pets / "dog" / "3.png").read_bytes()[:40])
    with pytest.raises(AncraError, match=r"dog/3\.png in .*pets is not a readable image"):
        load(pets)
    assert list((pets / ".ancra").iterdir()) == []


def test_all_broken_files_are_named_at_once(pets: Path, ancra) -> None:
    for name in ("cat/1.png", "dog/3.png", "emu/4.png"):
        (pets / name).write_bytes((pets / name).read_bytes()[:40])
    with pytest.raises(AncraError, match=r"3 of 30 images in .*: cat/1\.png, dog/3\.png, emu/4\.png\."):
        load(pets)
    code, said, wrong = ancra("data", "check", str(pets))
    assert code == 2
    assert "3 classes" in said
    assert "3 images cannot be read: cat/1.png, dog/3.png, emu/4.png" in " ".join(wrong.split())


def test_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    with pytest.raises(AncraError, match=r"needs data\.root"):
        load_dataset(DataSettings(name="image_folder"))
    with pytest.raises(AncraError, match="There is no folder"):
        load(tmp_path / "none")
    (tmp_path / "file.txt").write_text("hello")
    with pytest.raises(AncraError, match="neither a folder nor a zip"):
        load(tmp_path / "file.txt")
    with pytest.raises(AncraError, match="holds no images"):
        load(tmp_path)
    Image.new("RGB", (8, 8)).save(tmp_path / "loose.png")
    with pytest.raises(AncraError, match="no class folders"):
        load(tmp_path)
    fill(tmp_path / "cat", 3, COLOURS["cat"])
    with pytest.raises(AncraError, match=r"one class only \(cat\)"):
        load(tmp_path)
    fill(tmp_path / "dog", 1, COLOURS["dog"])
    with pytest.raises(AncraError, match=r"class 'dog' .* single image.*add images"):
        load(tmp_path)
    for name in ("train/a", "train/b", "test/c"):
        fill(tmp_path / "split" / name, 2, COLOURS["emu"])
    with pytest.raises(AncraError, match=r"class 'c' .*none in train/"):
        load(tmp_path / "split")


@pytest.mark.parametrize(("train", "test"), [("Train", "Test"), ("training", "testing"), ("TRAIN", "Validation")])
def test_other_names_of_the_splits(tmp_path: Path, train: str, test: str) -> None:
    for name in ("cat", "dog"):
        fill(tmp_path / train / name, 3, COLOURS[name])
        fill(tmp_path / test / name, 2, COLOURS[name])
    data = load(tmp_path)
    assert data.classes == ("cat", "dog")
    assert (len(data.train), len(data.test)) == (6, 4)


def test_pictures_beside_the_splits_are_asked_about(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        fill(tmp_path / "train" / name, 3, COLOURS[name])
        fill(tmp_path / "test" / name, 2, COLOURS[name])
    fill(tmp_path / "docs", 1, COLOURS["emu"])
    with pytest.raises(AncraError, match="docs/ with pictures beside train/"):
        load(tmp_path)


def test_no_class_vanishes(pets: Path) -> None:
    for path in (pets / "emu").iterdir():
        path.rename(path.with_suffix(".jfif"))
    assert load(pets).classes == ("cat", "dog", "emu")
    for path in (pets / "emu").iterdir():
        path.rename(path.with_suffix(".AVIF"))
    with pytest.raises(AncraError, match=r"emu/ in .* holds 10 pictures of a kind that is not read"):
        load(pets)


def test_the_command_says_what_would_be_read_and_left_out(pets: Path, ancra) -> None:
    (pets / "dog" / "11.avif").write_bytes(b"1")
    code, said, _ = ancra("data", "check", str(pets))
    assert code == 0
    assert "3 classes" in said
    assert "left out: 1 of .avif" in said
    assert "left out: 1 of .txt" in said
