import io
import os
import zipfile

import pytest
from PIL import Image

from ancra.data.registry import load_dataset
from ancra.errors import AncraError
from ancra.uploads.images import add_images, delete_images, image_set, image_sets


def picture(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (12, 9), colour).save(buffer, "PNG")
    return buffer.getvalue()


def packed(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # without the time of day
    return buffer.getvalue()


def pets(count=5, split=False, **more):
    files = {}
    for part, share in (("train/", count), ("test/", 2)) if split else (("", count),):
        for name, red in (("cat", 0), ("dog", 99)):
            files |= {f"{part}{name}/{i}.png": picture((red + i, 0, 0)) for i in range(share)}
    return packed({**files, **more})


def send(content, name="My Pets.zip", on_progress=None):
    return add_images(io.BytesIO(content), name, on_progress)


def left(workspace):
    return os.listdir(workspace / "data" / "uploads")


def test_class_folders_are_kept_as_one_archive_and_can_be_trained_on(workspace):
    seen = []
    junk = {"__MACOSX/cat/._0.png": b"junk", "cat/.DS_Store": b"junk", "readme.txt": b"hello"}
    one, known = send(pets(**junk), on_progress=lambda *counts: seen.append(counts))
    assert not known
    assert (one.name, one.about.filename, dict(one.train), dict(one.test)) == (
        "my-pets",
        "My Pets.zip",
        {"cat": 5, "dog": 5},
        {},
    )
    assert seen[-1] == (10, 10)
    data = load_dataset(one.data)
    assert data.classes == ("cat", "dog")
    assert (len(data.train), len(data.test)) == (8, 2)
    assert image_sets() == [one]
    assert left(workspace) == ["my-pets"]
    assert len(list((workspace / "data" / "uploads" / "my-pets" / ".ancra").iterdir())) == 1  # decoded once only


def test_train_and_test_folders(workspace):
    one, _ = send(pets(split=True))
    assert (dict(one.train), dict(one.test)) == ({"cat": 5, "dog": 5}, {"cat": 2, "dog": 2})


def test_the_same_archive_is_recognised_and_another_of_that_name_is_not(workspace):
    first, _ = send(pets())
    again, known = send(pets(), "other.zip")
    assert (again, known) == (first, True)
    other, known = send(pets(4))
    assert (other.name, known) == ("my-pets-2", False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"no archive", "not a readable zip"),
        (pets()[:200], "not a readable zip"),
        (packed({"readme.txt": b""}), "holds no images"),
        (packed({"loose.png": picture("red")}), "no class folders"),
        (packed({"cat/1.png": picture("red"), "cat/2.png": picture("red")}), "one class only"),
        (pets(1), "single image"),
        (pets(**{"cat/9.png": picture("red")[:50]}), r"cat/9\.png in pets\.zip is not a readable image"),
        (pets(**{"../cat/9.png": picture("red")}), "leads out"),
    ],
)
def test_what_cannot_be_trained_on_gets_a_sentence_and_nothing_is_kept(workspace, content, message):
    with pytest.raises(AncraError, match=message) as error:
        send(content, "pets.zip")
    assert "pets.zip" in str(error.value)
    assert str(workspace) not in str(error.value)
    assert left(workspace) == []


def test_deleting(workspace):
    one, _ = send(pets())
    for name in ("none", "..", ".", "my-pets/.ancra", ""):
        with pytest.raises(AncraError, match="no uploaded image set"):
            delete_images(name)
    delete_images(one.name)
    assert image_sets() == []
    with pytest.raises(AncraError, match="no uploaded image set"):
        image_set(one.name)


def test_a_damaged_set_is_left_out(workspace):
    one, _ = send(pets())
    one.root.write_bytes(b"gone")
    assert image_sets() == []
    delete_images(one.name)
    assert left(workspace) == []
