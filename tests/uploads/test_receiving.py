import io
import os
import time
import tomllib

import pytest

from ancra import limits
from ancra.errors import AncraError
from ancra.paths import ROOT
from ancra.uploads.receiving import file_name, free_path, received


def test_the_app_lets_through_what_is_taken():
    config = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] * 2**20 == limits.UPLOAD_BYTES


@pytest.mark.parametrize(
    ("text", "name"),
    [("../../etc/passwd", "etc-passwd"), ("Ünï 3", "n-3"), ("", "x"), ("💥", "x"), ("a" * 99, "a" * 40)],
)
def test_names_for_files(text, name):
    assert file_name(text, "x") == name


def test_a_free_path(tmp_path):
    assert free_path(tmp_path, "a", ".b") == tmp_path / "a.b"
    (tmp_path / "a.b").touch()
    assert free_path(tmp_path, "a", ".b") == tmp_path / "a-2.b"


def test_what_a_killed_process_left_goes_after_a_day(tmp_path):
    for name, age in ((".incoming-old", 2 * 86400), (".incoming-new", 60)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    with received(io.BytesIO(b"1"), "a", tmp_path) as path:
        assert path.read_bytes() == b"1"
    assert os.listdir(tmp_path) == [".incoming-new"]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(AncraError, match=r"a\.zip cannot be kept"),
        received(io.BytesIO(b"1"), "a.zip", tmp_path / "file"),
    ):
        pass
