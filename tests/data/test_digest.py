import os
import shutil

import numpy as np
import pytest
from PIL import Image

from ancra.data.digest import data_digest
from ancra.data.files import FolderFiles
from ancra.data.settings import DataSettings
from ancra.errors import AncraError


@pytest.fixture
def folder(tmp_path, workspace):
    for name in ("cat", "dog"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(3):
            pixels = np.full((8, 8, 3), 10 * number, np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / name / f"{number}.png")
    return tmp_path / "images"


def settings(root):
    return DataSettings(name="image_folder", root=root)


def test_a_picture_more_or_another_picture_is_another_set_of_images(folder):
    before = data_digest(settings(folder))
    assert data_digest(settings(folder)) == before
    (folder / "cat" / "3.png").write_bytes((folder / "cat" / "0.png").read_bytes())
    more = data_digest(settings(folder))
    times = os.stat(folder / "cat" / "3.png")
    (folder / "cat" / "3.png").write_bytes((folder / "cat" / "1.png").read_bytes())
    os.utime(folder / "cat" / "3.png", ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert len({before, more, data_digest(settings(folder))}) == 3


def test_where_the_images_lie_does_not_matter(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    assert data_digest(settings(tmp_path / "elsewhere")) == data_digest(settings(folder))
    assert data_digest(DataSettings(name="cifar10", root=tmp_path)) == data_digest(DataSettings(name="cifar10"))


def test_how_they_are_read_does(folder):
    assert data_digest(settings(folder)) != data_digest(settings(folder).with_changes(image_size=16))


def test_images_that_are_gone(folder):
    with pytest.raises(AncraError, match="There is no folder"):
        data_digest(settings(folder / "gone"))


def test_a_workspace_that_cannot_be_written_costs_only_time(folder, monkeypatch, tmp_path):
    before = data_digest(settings(folder))
    (tmp_path / "data").write_text("")  # where its folder would be
    monkeypatch.setenv("ANCRA_HOME", str(tmp_path))
    assert data_digest(settings(folder)) == before


def test_links_to_themselves_and_to_nowhere_are_no_images(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "0.png").write_bytes(b"0")
    (tmp_path / "cat" / "nowhere.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "cat" / "again.png").symlink_to("again.png")
    (tmp_path / "cat" / "back").symlink_to(tmp_path)
    (tmp_path / "fox").mkdir()
    (tmp_path / "fox" / ".again").symlink_to(".again")
    (tmp_path / "dog").mkdir()
    files = FolderFiles(tmp_path)
    assert list(files.stamps) == ["cat/0.png"]
    assert files.folders == ["dog"]
