"""Archives that somebody sent: what is refused before a byte of them is unpacked."""

import stat
import zipfile
from pathlib import Path

import pytest

from ancra import limits
from ancra.data.archive import check_archive
from ancra.errors import AncraError


def packed(path: Path, names: dict[str, bytes], **changes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in names.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for key, value in changes.items():
                setattr(entry, key, value)
            file.writestr(entry, content)
    return path


def test_an_ordinary_archive_passes(tmp_path):
    names = {"pets/": b"", "pets/cat/1.png": b"1", "__MACOSX/pets/cat/._1.png": b"2", "pets/cat/.DS_Store": b"3"}
    check_archive(packed(tmp_path / "a.zip", names))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/etc/passwd", "path of some machine"),
        ("C:/images/1.png", "path of some machine"),
        ("C:\\images\\1.png", "path of some machine"),
        ("\\\\server\\1.png", "path of some machine"),
        ("cat\\1.png", "twice"),
        ("..\\..\\1.png", "leads out"),
        ("../../1.png", "leads out"),
        ("pets/../../1.png", "leads out"),
        ("cat/NUL.png", "name of a device"),
        ("com1/1.png", "name of a device"),
    ],
)
def test_names_that_lead_elsewhere(tmp_path, name, message):
    with pytest.raises(AncraError, match=message):
        check_archive(packed(tmp_path / "a.zip", {"cat/1.png": b"1", name: b"2"}))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices(tmp_path, kind):
    with pytest.raises(AncraError, match="link or a device"):
        check_archive(packed(tmp_path / "a.zip", {"cat/1.png": b"/etc/passwd"}, external_attr=(kind | 0o777) << 16))


def test_an_encrypted_file(tmp_path):
    path = packed(tmp_path / "a.zip", {"cat/1.png": b"1"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flags in the table of contents
    path.write_bytes(content)
    with pytest.raises(AncraError, match="encrypted"):
        check_archive(path)


def test_bombs(tmp_path, monkeypatch):
    bomb = packed(tmp_path / "bomb.zip", {"cat/1.bmp": bytes(70 * 2**20)})
    with pytest.raises(AncraError, match="more than 100 times its size"):
        check_archive(bomb)
    monkeypatch.setattr(limits, "ARCHIVE_BYTES", 2**20)
    with pytest.raises(AncraError, match="would unpack to more than"):
        check_archive(bomb)
    monkeypatch.setattr(limits, "FILES", 2)
    with pytest.raises(AncraError, match="3 files, more than 2"):
        check_archive(packed(tmp_path / "many.zip", {f"cat/{i}.png": b"" for i in range(3)}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("cat/1.png", b"1")
        file.writestr("cat/1.png", b"2")
    with pytest.raises(AncraError, match="twice"):
        check_archive(path)


def test_no_archive_or_half_of_one(tmp_path):
    whole = packed(tmp_path / "a.zip", {f"cat/{i}.png": b"1" * 99 for i in range(9)}).read_bytes()
    for content in (b"", b"no archive", whole[: len(whole) // 2], b"PK\x05\x06" + bytes(10)):
        (tmp_path / "b.zip").write_bytes(content)
        with pytest.raises(AncraError, match="not a readable zip"):
            check_archive(tmp_path / "b.zip")
