"""Images in arrays (MedMNIST's form) and in Parquet files (Hugging Face datasets)."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ancra.data.dataset import Dataset
from ancra.data.registry import load_dataset
from ancra.data.report import report
from ancra.data.settings import DataSettings
from ancra.errors import AncraError


def load(root: Path, **changes: object) -> Dataset:
    return load_dataset(DataSettings.model_validate({"name": "image_folder", "root": root, **changes}))


def arrays(channels: bool = False, **changes: np.ndarray) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shape = (28, 28, 3) if channels else (28, 28)
    made = {}
    for part, count in (("train", 6), ("val", 3), ("test", 3)):
        made[f"{part}_images"] = rng.integers(0, 256, (count, *shape), np.uint8)
        made[f"{part}_labels"] = np.arange(count, dtype=np.uint8)[:, None] % 3
    return {**made, **changes}


def save(path: Path, made: dict[str, np.ndarray]) -> Path:
    np.savez_compressed(path, **made)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("channels", [False, True])
def test_medmnist_is_read_as_it_is(tmp_path: Path, channels: bool) -> None:
    made = arrays(channels)
    data = load(save(tmp_path / "blood.npz", made))
    assert data.classes == ("0", "1", "2")
    assert data.image_shape == ((3 if channels else 1), 28, 28)
    first = made["train_images"][4]
    assert np.array_equal(data.train.images[4].numpy(), first.transpose(2, 0, 1) if channels else first[None])
    assert data.test.labels.tolist() == [0, 1, 2]
    found = report(tmp_path / "blood.npz")
    assert (found.train, found.test) == ({"0": 2, "1": 2, "2": 2}, {"0": 1, "1": 1, "2": 1})
    assert found.unused == {"in the validation part": 3}
    assert load(tmp_path / "blood.npz", image_size=16, channels=3).image_shape == (3, 16, 16)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_labels": np.eye(6, 3, dtype=np.uint8)}, "one whole number an image"),
        ({"train_labels": np.eye(6, 6, dtype=np.uint8)}, r"train_labels\.argmax\(1\)"),
        ({"train_labels": np.full(6, 0.5)}, "one whole number an image"),
        ({"train_labels": np.full(6, -1)}, "-1 is no class"),
        ({"train_images": np.zeros((6, 28, 28), np.float32)}, r"not uint8 .*\(train_images \* 255\)\.round\(\)"),
        ({"train_images": np.full((6, 28, 28), 4080, np.uint16)}, "from 4080 to 4080.: save"),
        ({"train_images": np.full((6, 28, 28), 17.5)}, "scaled to 0"),
        ({"train_images": np.zeros((6, 3, 28, 28), np.uint8)}, r"transpose\(0, 2, 3, 1\)"),
        ({"test_labels": np.array([[0], [1], [9]], np.uint8)}, "a class that its training part has not"),
        ({"test_labels": np.array([[0]], np.uint8)}, "3 images and 1 labels"),
        ({"train_labels": np.array([["a"]] * 6, object)}, "damaged or holds more than numbers"),
    ],
)
def test_arrays_of_another_form_are_refused(tmp_path: Path, change: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(AncraError, match=message):
        load(save(tmp_path / "odd.npz", arrays(**change)))


@pytest.mark.parametrize("kind", [np.uint16, np.int8, np.int64, np.float64, np.float16])
@pytest.mark.parametrize("first", [0, 1])
def test_labels_of_any_type_and_start_are_the_same_classes(tmp_path: Path, kind: type, first: int) -> None:
    made = arrays()
    changed = {name: (made[name] + first).astype(kind) for name in ("train_labels", "test_labels")}
    data = load(save(tmp_path / "mine.npz", {**made, **changed}))
    assert data.classes == tuple(str(first + index) for index in range(3))
    assert data.train.labels.tolist() == [0, 1, 2, 0, 1, 2]


def test_numbers_without_images_are_no_classes_and_texts_are_names(tmp_path: Path) -> None:
    gap = arrays(train_labels=np.array([0, 0, 7, 7, 0, 7]), test_labels=np.array([7, 0, 7]))
    data = load(save(tmp_path / "gap.npz", gap))
    assert (data.classes, data.test.labels.tolist()) == (("0", "7"), [1, 0, 1])
    names = np.array(["cat", "dog"])
    text = arrays(train_labels=names[[0, 1, 0, 1, 0, 1]], test_labels=names[[1, 0, 1]])
    assert load(save(tmp_path / "text.npz", text)).classes == ("cat", "dog")


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int32, np.uint16])
def test_grey_levels_are_the_same_in_any_type(tmp_path: Path, kind: type) -> None:
    made = arrays(channels=True)
    changed = {name: made[name].astype(kind) for name in ("train_images", "test_images")}
    data = load(save(tmp_path / "mine.npz", {**made, **changed}))
    assert np.array_equal(data.train.images[4].numpy(), made["train_images"][4].transpose(2, 0, 1))


def png(red: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (12, 9), (red, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def write(path: Path, labels: list[object], names: list[str] | None = None, broken: bool = False) -> None:
    """A Parquet file as ``datasets`` writes it."""
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    cells = [{"bytes": png(10 * index), "path": f"{index}.png"} for index in range(len(labels))]
    if broken:
        cells[0]["bytes"] = cells[0]["bytes"][:30]  # type: ignore[index]
    table = pyarrow.table({"image": cells, "label": labels})
    if names:
        features = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": names}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(exist_ok=True)
    parquet.write_table(table, path)


def test_a_folder_of_a_hugging_face_dataset(tmp_path: Path) -> None:
    write(tmp_path / "data" / "train-00000-of-00001.parquet", [1, 0, 1, 0], ["cat", "dog"])
    write(tmp_path / "data" / "validation-00000-of-00001.parquet", [0, 1], ["cat", "dog"])
    data = load(tmp_path)
    assert data.classes == ("cat", "dog")
    assert (data.train.labels.tolist(), data.test.labels.tolist()) == ([1, 0, 1, 0], [0, 1])
    assert data.train.images[3, 0, 0, 0] == 30
    assert report(tmp_path).train == {"cat": 2, "dog": 2}


def test_of_parquet_parts_for_testing_one_is_used_and_the_others_are_counted(tmp_path: Path) -> None:
    pets = ["cat", "dog"]
    write(tmp_path / "train-0.parquet", [1, 0, 1, 0], pets)
    write(tmp_path / "validation-0.parquet", [0, 1, 1], pets)
    write(tmp_path / "test-0.parquet", [-1, -1], pets)
    assert load(tmp_path).test.labels.tolist() == [0, 1, 1]
    found = report(tmp_path)
    assert found.unused == {"without a class in the test part": 2}
    assert found.labels == "the column label of Parquet files"
    write(tmp_path / "test-0.parquet", [1, 0], pets)
    assert load(tmp_path).test.labels.tolist() == [1, 0]
    assert report(tmp_path).unused == {"in the validation part, beside other images for testing": 3}
    write(tmp_path / "test-0.parquet", [1, -1], pets)
    with pytest.raises(AncraError, match="1 images without a known class in its test part"):
        load(tmp_path)


def test_a_single_packed_file_is_told_what_it_is(tmp_path: Path) -> None:
    write(tmp_path / "train-0.parquet", [1, 0, 1, 0], ["cat", "dog"])
    (tmp_path / "photos.7z").write_bytes(b"7z\xbc\xaf'\x1c" + bytes(40))
    for name, said in (("train-0.parquet", "give data.root the folder"), ("photos.7z", "pack it as a zip archive")):
        with pytest.raises(AncraError, match=said):
            load(tmp_path / name)


def test_labels_without_names_in_one_file_without_splits(tmp_path: Path) -> None:
    write(tmp_path / "all.parquet", ["b", "a"] * 5)
    data = load(tmp_path)
    assert data.classes == ("a", "b")
    assert data.train.labels.bincount().tolist() == [4, 4]


def test_a_broken_image_in_a_table_is_named(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [0, 1, 0, 1], ["cat", "dog"], broken=True)
    with pytest.raises(AncraError, match=r"Image 0 in .* is not a readable image"):
        load(tmp_path)
    (tmp_path / "train.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(AncraError, match="not a readable Parquet file"):
        load(tmp_path)


def test_parquet_files_in_archives(tmp_path: Path) -> None:
    write(tmp_path / "data" / "train-00000-of-00001.parquet", [1, 0, 1, 0], ["cat", "dog"])
    write(tmp_path / "data" / "test-00000-of-00001.parquet", [0, 1], ["cat", "dog"])
    for kind, ending in (("zip", "zip"), ("gztar", "tar.gz")):
        shutil.make_archive(str(tmp_path / "packed"), kind, tmp_path, "data")
        data = load_dataset(DataSettings(name="image_folder", root=tmp_path / f"packed.{ending}"))
        assert data.classes == ("cat", "dog")
        assert (len(data.train), len(data.test)) == (4, 2)


def test_arrays_under_other_names_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", x=np.zeros((4, 8, 8), np.uint8), y=np.arange(4))
    with pytest.raises(AncraError, match="holds the arrays x and y: train_images"):
        load_dataset(DataSettings(name="image_folder", root=tmp_path / "mine.npz"))
