"""Tiny-ImageNet's published layout: whole, in parts, zipped, and wrong."""

import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from ancra.data import tiny_imagenet
from ancra.data.dataset import Dataset
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError

IDS = ["n03", "n01", "n02", "n04"]
WORDS = "n01\tgoldfish, Carassius auratus\nn02\tcrane\nn03\tcrane, tower crane\nn04\tnail\nn99\tentity\n"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    root = tmp_path / "tiny-imagenet-200"
    for value, name in enumerate(IDS[:3]):
        folder = root / "train" / name / "images"
        folder.mkdir(parents=True)
        (root / "train" / name / f"{name}_boxes.txt").write_text("")
        for index in range(3):
            Image.new("L" if index else "RGB", (64, 64), 10 * value + index).save(folder / f"{name}_{index}.JPEG")
    (root / "val" / "images").mkdir(parents=True)
    lines = []
    for index, name in enumerate(["n01", "n02", "n03", "n04", "n01"]):
        lines.append(f"val_{index}.JPEG\t{name}\t0\t0\t63\t63\n")
        if index < 4:
            Image.new("RGB", (64, 64), (100 + index,) * 3).save(root / "val" / "images" / f"val_{index}.JPEG")
    (root / "val" / "val_annotations.txt").write_text("".join(lines))
    (root / "wnids.txt").write_text("\n".join(IDS) + "\n")
    (root / "words.txt").write_text(WORDS)
    return root


def load(root: Path, **changes: object) -> Dataset:
    return load_dataset(DataSettings.model_validate({"name": "tiny_imagenet", "root": root, **changes}))


def test_a_part_of_the_classes_and_images(tiny: Path) -> None:
    data = load(tiny.parent)
    assert data.classes == ("goldfish", "crane (n02)", "crane (n03)")
    assert data.image_shape == (3, 64, 64)
    assert data.train.labels.tolist() == [0] * 3 + [1] * 3 + [2] * 3
    assert data.test.labels.tolist() == [0, 1, 2]
    assert (data.test.images[:, 0, 0, 0].int() - torch.tensor([100, 101, 102])).abs().max() <= 1
    assert (data.train.images[::3, 0, 0, 0].int() - torch.tensor([10, 20, 0])).abs().max() <= 10
    assert load(tiny, image_size=32, channels=1).image_shape == (1, 32, 32)


def test_the_zip_is_read_in_place(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "zipped"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny-imagenet-200.zip", "w") as file:
        for path in tiny.rglob("*"):
            file.write(path, path.relative_to(tiny.parent))
    zipped, plain = load(folder), load(tiny)
    assert zipped.classes == plain.classes
    assert torch.equal(zipped.train.images, plain.train.images)
    assert torch.equal(zipped.test.images, plain.test.images)
    assert sorted(path.name for path in folder.iterdir()) == [".ancra", "tiny-imagenet-200.zip"]
    assert torch.equal(load(folder / "tiny-imagenet-200.zip").test.images, plain.test.images)


def test_without_a_network_it_says_where_to_put_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiny_imagenet, "URL", "http://127.0.0.1:9/none")
    monkeypatch.setenv("ANCRA_HOME", str(tmp_path))
    with pytest.raises(AncraError, match=rf"put it at {tmp_path / 'data' / 'tiny-imagenet-200.zip'}"):
        load_dataset(DataSettings(name="tiny_imagenet"))


def test_what_is_wrong_with_the_layout(tiny: Path) -> None:
    annotations = tiny / "val" / "val_annotations.txt"
    text = annotations.read_text()
    annotations.write_text(text + "val_9.JPEG\tn77\t0\t0\t1\t1\n")
    with pytest.raises(AncraError, match=r"line 6 of val/val_annotations\.txt names no class"):
        load(tiny)
    annotations.write_text(text.replace("val_2.JPEG", "val_8.JPEG"))
    with pytest.raises(AncraError, match=r"val_2\.JPEG is not listed"):
        load(tiny)
    annotations.unlink()
    with pytest.raises(AncraError, match=r"val_annotations\.txt is missing"):
        load(tiny)
    annotations.write_text("")
    for path in (tiny / "val" / "images").iterdir():
        path.unlink()
    with pytest.raises(AncraError, match="val/ has no images"):
        load(tiny)
    annotations.write_text(text)
    (tiny / "words.txt").write_text("n01\tgoldfish\n")
    Image.new("RGB", (64, 64)).save(tiny / "val" / "images" / "val_0.JPEG")
    with pytest.raises(AncraError, match="no name for n02"):
        load(tiny)
    (tiny / "wnids.txt").write_text("n01\nn02\n")
    with pytest.raises(AncraError, match="n03 is not listed"):
        load(tiny)
    (tiny / "wnids.txt").unlink()
    with pytest.raises(AncraError, match=r"wnids\.txt is missing"):
        load(tiny)


def test_class_with_one_image(tiny: Path) -> None:
    for index in (0, 1):
        (tiny / "train" / "n02" / "images" / f"n02_{index}.JPEG").unlink()
    with pytest.raises(AncraError, match=r"'n02' .* single image"):
        load(tiny)


def test_chosen_classes_by_name_or_id_are_all_that_is_decoded(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    original = tiny_imagenet.decode_images

    def counting(files, names, *rest):  # type: ignore[no-untyped-def]
        decoded.extend(names)
        return original(files, names, *rest)

    monkeypatch.setattr(tiny_imagenet, "decode_images", counting)
    data = load_dataset(DataSettings(name="tiny_imagenet", root=tiny, classes=("n03", "goldfish")))
    assert (data.classes, data.ids) == (("crane (n03)", "goldfish"), ("n03", "n01"))
    assert not [name for name in decoded if "n02" in name]
    assert data.test.labels.tolist() == [0, 1]
    red = data.train.images[:, 0]  # painted with 0 to 2 for n03, with 10 to 12 for n01
    assert red[data.train.labels == 0].max() < red[data.train.labels == 1].min()
