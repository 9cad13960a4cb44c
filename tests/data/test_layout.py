"""Folders and archives as people have them: splits, tables of labels, names of other systems."""

import io
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ancra.data.dataset import Dataset
from ancra.data.files import GUESSED
from ancra.data.layout import Layout, read_layout
from ancra.data.registry import load_dataset
from ancra.data.report import report
from ancra.data.settings import DataSettings
from ancra.errors import AncraError


def put(root: Path, *names: str, table: str = "") -> Path:
    """Images of these names (``cat/3`` stands for three of them), and a table ``labels.csv``."""
    for name in names:
        folder, _, count = name.rpartition("/")
        (root / folder).mkdir(parents=True, exist_ok=True)
        for index in range(int(count)):
            Image.new("RGB", (8, 6), (index, 9, 9)).save(root / folder / f"{index}.png")
    if table:
        (root / "labels.csv").write_text(table, encoding="utf-8")
    return root


def counts(layout: Layout) -> tuple[dict[str, int], dict[str, int]]:
    train, test = ({name: len(images) for name, images in group.items()} for group in (layout.train, layout.test))
    return train, test


def test_an_unlabelled_test_part_gives_way_to_a_labelled_validation_part(tmp_path: Path) -> None:
    put(tmp_path, "train/cat/3", "train/dog/3", "test/5", "val/cat/2", "val/dog/2")
    layout = read_layout(tmp_path)
    assert counts(layout) == ({"cat": 3, "dog": 3}, {"cat": 2, "dog": 2})
    assert layout.unused == {"without a class in test/": 5}


def test_a_single_folder_of_unknown_images_is_no_class(tmp_path: Path) -> None:
    layout = read_layout(put(tmp_path, "train/cat/3", "train/dog/3", "test/images/4"))
    assert counts(layout) == ({"cat": 3, "dog": 3}, {})
    assert layout.unused == {"without a class in test/": 4}


def test_of_two_labelled_parts_one_is_used_and_the_other_is_counted(tmp_path: Path) -> None:
    layout = read_layout(put(tmp_path, "train/cat/3", "train/dog/3", "test/cat/2", "test/dog/2", "val/cat/1"))
    assert counts(layout)[1] == {"cat": 2, "dog": 2}
    assert layout.unused == {"in val/, beside other images for testing": 1}


def test_images_outside_of_class_folders_are_counted(tmp_path: Path) -> None:
    layout = read_layout(put(tmp_path, "cat/3", "dog/3", "/2"))
    assert counts(layout)[0] == {"cat": 3, "dog": 3}
    assert layout.unused == {"outside of any class folder": 2}


def test_images_folders_within_the_splits_are_no_class(tmp_path: Path) -> None:
    layout = read_layout(
        put(tmp_path, "train/images/cat/3", "train/images/dog/3", "test/images/cat/1", "test/images/dog/1")
    )
    assert counts(layout) == ({"cat": 3, "dog": 3}, {"cat": 1, "dog": 1})


@pytest.mark.parametrize(
    "table",
    [
        "filename,label\n0.png,cat\n1.png,dog\n2.png,cat\n3.png,dog\n",
        "\ufeffid;breed;age\n0;cat;3\n1;dog;4\n2;cat;1\n3;dog;2\n",
        "images/0.png\tcat\nimages/1.png\tdog\nimages/2.png\tcat\nimages/3.png\tdog\n",
        "0.png cat\n1.png dog\n2.png cat\n3.png dog\n",
    ],
)
def test_a_table_of_labels_beside_the_images(tmp_path: Path, table: str) -> None:
    layout = read_layout(put(tmp_path, "images/4", table=table))
    assert layout.labels == "labels.csv"
    assert {name: [Path(each).name for each in images] for name, images in layout.train.items()} == {
        "cat": ["0.png", "2.png"],
        "dog": ["1.png", "3.png"],
    }
    assert not layout.unused


def test_a_table_may_tell_the_splits_and_what_it_leaves_out_is_counted(tmp_path: Path) -> None:
    rows = [f"{i}.png,{'cat' if i % 2 else 'dog'},{'test' if i > 3 else 'train'}" for i in range(6)]
    layout = read_layout(put(tmp_path, "images/8", table="\n".join(["image,class,split", *rows, "gone.png,cat,train"])))
    assert counts(layout) == ({"dog": 2, "cat": 2}, {"dog": 1, "cat": 1})
    assert layout.unused == {"not named in labels.csv": 2, "named in labels.csv but not there": 1}


def test_an_unsorted_validation_part_is_labelled_by_its_own_table(tmp_path: Path) -> None:
    put(tmp_path, "train/cat/3", "train/dog/3", "val/images/2")
    (tmp_path / "val" / "val_annotations.txt").write_text("0.png\tcat\t0\t0\t9\t9\n1.png\tdog\t0\t0\t9\t9\n")
    layout = read_layout(tmp_path)
    assert counts(layout)[1] == {"cat": 1, "dog": 1}
    assert layout.labels == "val/val_annotations.txt"


def test_a_table_to_be_filled_in_labels_nothing(tmp_path: Path) -> None:
    put(tmp_path, "train/4", "test/3")
    for path in (tmp_path / "train").iterdir():
        path.rename(path.with_stem(f"a{path.stem}"))
    (tmp_path / "train.csv").write_text("id,breed\na0,pug\na1,cat\na2,pug\na3,cat\n")
    (tmp_path / "sample_submission.csv").write_text("id,cat,pug\n0,0.5,0.5\n1,0.5,0.5\n2,0.5,0.5\n")
    layout = read_layout(tmp_path)
    assert counts(layout) == ({"cat": 2, "pug": 2}, {})
    assert layout.unused == {"without a class in test/": 3}
    assert layout.left_out == {".csv": 1}


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_tables_of_spreadsheets_are_read_in_their_alphabet(tmp_path: Path, encoding: str) -> None:
    put(tmp_path, "images/4")
    text = "Datei;Klasse\n0.png;Bär\n1.png;Kuh\n2.png;Bär\n3.png;Kuh\n"
    (tmp_path / "labels.csv").write_bytes(text.encode(encoding))
    assert read_layout(tmp_path).classes == ("Bär", "Kuh")


def test_a_table_that_does_not_tell_the_class_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(
        AncraError, match=r"not which column is the class \(file, breed, colour\): call that column 'label'"
    ):
        read_layout(put(tmp_path, "images/2", table="file,breed,colour\n0.png,pug,red\n1.png,cat,blue\n"))


def test_names_of_windows_macos_and_dos_in_an_archive(tmp_path: Path) -> None:
    picture = (put(tmp_path / "one", "/1") / "0.png").read_bytes()
    archive = tmp_path / "pets.zip"
    accent = unicodedata.normalize("NFD", "b\u00e4r")
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("pets\\cat\\0.png", "pets\\cat\\1.png", f"pets/{accent}/0.png", "pets/b\u00e4r/1.png"):
            file.writestr(name, picture)
        file.writestr("__MACOSX/pets/cat/._0.png", b"junk")
    # What macOS writes: the same names in UTF-8, without the flag that says so.
    content = bytearray(archive.read_bytes())
    for at in (i for i in range(len(content)) if content[i : i + 4] in (b"PK\x01\x02", b"PK\x03\x04")):
        content[at + (9 if content[at + 2] == 1 else 7)] &= ~0x08
    archive.write_bytes(content)
    layout = read_layout(archive)
    assert counts(layout)[0] == {"cat": 2, "b\u00e4r": 2}
    assert not layout.notes
    assert load_dataset(DataSettings(name="image_folder", root=archive, image_size=8)).classes == ("b\u00e4r", "cat")


@pytest.mark.parametrize("kind", ["w", "w:gz", "w:xz"])
def test_a_tar_archive_is_read_as_the_folder_that_it_holds(tmp_path: Path, workspace: Path, kind: str) -> None:
    put(tmp_path / "pets", "cat/2", "dog/2")
    with tarfile.open(tmp_path / "pets.tar", kind) as file:
        file.add(tmp_path / "pets", "./pets")
    assert counts(read_layout(tmp_path / "pets.tar"))[0] == {"cat": 2, "dog": 2}
    assert len(list(workspace.rglob("*.zip"))) == 1


def test_a_tar_archive_with_a_link_or_cut_off(tmp_path: Path, workspace: Path) -> None:
    put(tmp_path / "pets", "cat/2", "dog/2")
    with tarfile.open(tmp_path / "link.tar", "w") as file:
        file.add(tmp_path / "pets", "pets")
        link = tarfile.TarInfo("pets/cat/3.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    with pytest.raises(AncraError, match=r"cat/3\.png', a link or a device"):
        read_layout(tmp_path / "link.tar")
    with tarfile.open(tmp_path / "cut.tgz", "w:gz") as file:
        file.add(tmp_path / "pets", "pets")
    (tmp_path / "cut.tgz").write_bytes((tmp_path / "cut.tgz").read_bytes()[:-40])
    with pytest.raises(AncraError, match="not a readable tar archive"):
        read_layout(tmp_path / "cut.tgz")
    assert not list(workspace.rglob("*.zip"))


def test_photographs_of_phones_in_heic(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    put(tmp_path, "cat/2", "dog/2")
    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 10, 10)).save(buffer, "HEIF")
    (tmp_path / "cat" / "9.HEIC").write_bytes(buffer.getvalue())
    data = load_dataset(DataSettings(name="image_folder", root=tmp_path, image_size=8))
    assert data.train.labels.bincount().tolist() == [2, 1]
    assert sum(red > 150 for red in reds(data)) == 1


def reds(data: Dataset) -> list[int]:
    """The red of the first pixel of every image."""
    return [*data.train.images[:, 0, 0, 0].tolist(), *data.test.images[:, 0, 0, 0].tolist()]


def test_folds_that_hold_the_same_folders_are_asked_about(tmp_path: Path) -> None:
    put(tmp_path, "fold1/cat/2", "fold1/dog/2", "fold2/cat/2", "fold2/dog/2")
    with pytest.raises(AncraError, match="each of fold1/ and fold2/ holds the folders cat and dog"):
        read_layout(tmp_path)


def test_a_folder_of_images_whose_classes_stand_in_another_file_has_none(tmp_path: Path) -> None:
    put(tmp_path, "images/4")
    (tmp_path / "annotations.json").write_text("{}")
    with pytest.raises(AncraError, match=r"no class folders \(what annotations.json says of them is not read\)"):
        read_layout(tmp_path)


def test_a_table_with_a_column_for_each_class(tmp_path: Path) -> None:
    rows = "\n".join(f"{index}.png,{index % 2},{1 - index % 2}" for index in range(4))
    put(tmp_path, "4", table=f"image_id,Cat,dog\n{rows}")
    assert counts(read_layout(tmp_path)) == ({"Cat": 2, "dog": 2}, {})
    put(tmp_path, table=f"image_id,Cat,dog\n{rows.replace('1', '0', 1)}")
    with pytest.raises(AncraError, match="not which column is the class"):
        read_layout(tmp_path)


@pytest.mark.parametrize("names", [("training_set", "test_set"), ("Train-images", "Val_images"), ("train", "dev")])
def test_names_that_say_a_part_in_more_words(tmp_path: Path, names: tuple[str, str]) -> None:
    train, test = names
    layout = read_layout(put(tmp_path, f"{train}/cat/3", f"{train}/dog/3", f"{test}/cat/2", f"{test}/dog/2"))
    assert counts(layout) == ({"cat": 3, "dog": 3}, {"cat": 2, "dog": 2})


@pytest.mark.parametrize("unknown", ["unlabeled", "Test_unlabelled"])
def test_unlabelled_images_beside_a_training_part_are_no_class(tmp_path: Path, unknown: str) -> None:
    layout = read_layout(put(tmp_path, "train/cat/3", "train/dog/3", f"{unknown}/4"))
    assert counts(layout) == ({"cat": 3, "dog": 3}, {})
    assert layout.unused == {f"without a class in {unknown}/": 4}


def test_pictures_of_trains_are_a_class(tmp_path: Path) -> None:
    assert read_layout(put(tmp_path, "train/3", "bus/3")).classes == ("bus", "train")


def test_names_that_say_part_and_class_at_once_are_asked_about(tmp_path: Path) -> None:
    put(tmp_path, "train_cat/3", "train_dog/3", "test_cat/2", "test_dog/2")
    with pytest.raises(AncraError, match="train_cat/ and test_cat/: are these parts of one class"):
        read_layout(tmp_path)


def test_classes_that_capitals_alone_tell_apart_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(AncraError, match=r"'Cat' and 'cat' .* differ in capitals or spaces alone"):
        read_layout(put(tmp_path, "Cat/3", "cat/3", "dog/3"))


def test_folders_against_the_table_beside_them_are_asked_about(tmp_path: Path) -> None:
    rows = [f"batch{batch}/{index}.png,{'cat' if index else 'dog'}" for batch in (1, 2) for index in range(3)]
    put(tmp_path, "batch1/3", "batch2/3", table="\n".join(["file,label", *rows]))
    with pytest.raises(AncraError, match=r"the folders and labels\.csv say different classes"):
        read_layout(tmp_path)
    same = [f"batch{batch}/{index}.png,{batch}" for batch in (1, 2) for index in range(3)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", *same]))
    assert read_layout(tmp_path).classes == ("batch1", "batch2")


def test_how_folders_within_classes_were_taken_is_said_and_so_are_empty_ones(tmp_path: Path) -> None:
    put(tmp_path, "animal/cat/3", "animal/dog/3", "vehicle/ship/3")
    (tmp_path / "tree").mkdir()
    (tmp_path / "sign").mkdir()
    (tmp_path / "sign" / "clip.mov").write_bytes(b"no image")
    levels, empty = read_layout(tmp_path).notes
    assert "cat and dog of animal/ are taken for one class" in levels
    assert empty == "Folders without an image, which are no classes: sign and tree."
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted(tmp_path.rglob("*/*")):
            archive.write(path, f"all/{path.relative_to(tmp_path)}")
        archive.mkdir("all/tree")
    assert empty in read_layout(tmp_path / "all.zip").notes


def test_a_table_that_contradicts_itself_or_says_nothing_of_an_image_is_counted(tmp_path: Path) -> None:
    cells = ["cat", "dog", "NaN", "", "cat", "dog", "cat", "dog"]
    table = "\n".join(["image,label", *(f"{index}.png,{cell}" for index, cell in enumerate(cells)), "0.png,dog"])
    layout = read_layout(put(tmp_path, "/8", table=table))
    assert counts(layout)[0] == {"cat": 2, "dog": 3}
    assert layout.unused == {"without a class in labels.csv": 2, "with several classes in labels.csv": 1}


@pytest.mark.parametrize("start", ["C:\\\\Users\\\\me\\\\", "/home/me/pictures/", ".\\\\"])
def test_tables_of_other_machines_name_the_images(tmp_path: Path, start: str) -> None:
    start = start.replace("\\\\", "\\")
    rows = [f"{start}{index}.PNG,{'cat' if index % 2 else 'dog'}" for index in range(6)]
    layout = read_layout(put(tmp_path, "/6", table="\n".join(["path,label", *rows])))
    assert counts(layout)[0] == {"cat": 3, "dog": 3}
    assert not layout.unused


def test_capitals_tell_images_apart_where_there_are_both(tmp_path: Path) -> None:
    for name in ("A", "a", "B", "b"):
        Image.new("RGB", (8, 6)).save(tmp_path / f"{name}.png")
    (tmp_path / "labels.csv").write_text("image,label\nA.png,cat\na.png,dog\nB.png,dog\nb.png,cat")
    assert read_layout(tmp_path).train == {"cat": ["A.png", "b.png"], "dog": ["B.png", "a.png"]}


def test_an_image_of_another_folder_is_not_taken_for_the_one_that_a_table_names(tmp_path: Path) -> None:
    rows = [f"a/{index}.png,{index % 2}" for index in range(6)]
    with pytest.raises(AncraError, match=r"labels\.csv does not name the images as they are called"):
        read_layout(
            put(
                tmp_path,
                "b/6",
                table="\n".join(["path,label", *rows]),
            )
        )


def test_tables_and_files_write_accents_in_either_form(tmp_path: Path) -> None:
    for index in range(4):
        Image.new("RGB", (8, 6)).save(tmp_path / unicodedata.normalize("NFD", f"K\u00e4fer{index}.png"))
    rows = [f"K\u00e4fer{index};3,5;{'rot' if index % 2 else 'blau'}" for index in range(4)]
    (tmp_path / "liste.csv").write_bytes("\r\n".join(["Datei;L\u00e4nge;Farbe", *rows]).encode("utf-8-sig"))
    assert counts(read_layout(tmp_path))[0] == {"blau": 2, "rot": 2}


def test_numbers_of_spreadsheets_are_classes_only_where_they_are_whole(tmp_path: Path) -> None:
    put(tmp_path, "/4", table="image,label\n0.png,0.0\n1.png,1.0\n2.png,0.0\n3.png,1.0")
    assert read_layout(tmp_path).classes == ("0", "1")
    (tmp_path / "labels.csv").write_text("image,label\n0.png,0.5\n1.png,1.0\n2.png,0.5\n3.png,1.0")
    with pytest.raises(AncraError, match="numbers with fractions"):
        read_layout(tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [("cats.zip", "1 file with .zip: unpack"), ("a/data.arrow", "to_parquet"), ("a/IMG_1", "no ending")],
)
def test_what_a_folder_without_images_holds_is_named(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(AncraError, match="holds no images, but") as refusal:
        read_layout(tmp_path)
    assert said in str(refusal.value)


def test_a_tar_archive_whose_names_lead_elsewhere(tmp_path: Path, workspace: Path) -> None:
    for name, good in (("../data", False), ("/home/me/data", True)):
        with tarfile.open(tmp_path / "sent.tar", "w") as archive:
            for title in ("cat", "dog"):
                for index in range(2):
                    content = io.BytesIO()
                    Image.new("RGB", (8, 6), (index, 0, 0)).save(content, "PNG")
                    member = tarfile.TarInfo(f"{name}/{title}/{index}.png")
                    member.size = len(content.getvalue())
                    archive.addfile(member, io.BytesIO(content.getvalue()))
        if good:
            assert read_layout(tmp_path / "sent.tar").classes == ("cat", "dog")
        else:
            with pytest.raises(AncraError, match="leads out of it"):
                read_layout(tmp_path / "sent.tar")


def test_what_is_taken_for_granted_of_images_is_said_with_its_count(tmp_path: Path) -> None:
    for first, title in ((4000, "cat"), (4100, "dog")):
        (tmp_path / title).mkdir()
        for index in range(3):
            Image.fromarray(np.full((6, 8), first + index, np.uint16)).save(tmp_path / title / f"{index}.tif")
    for opened in (True, False):
        (said,) = report(tmp_path, opened=opened).notes
        assert said.startswith("6 images with no number above an eighth of white")


def test_images_that_are_there_more_than_once_are_counted(tmp_path: Path) -> None:
    folder = put(tmp_path / "pets", "train/cat/3", "train/dog/0", "test/cat/1", "test/dog/0")
    for part, shades in (("train", (100, 101, 101, 2)), ("test", (150,))):
        for place, shade in enumerate(shades):
            Image.new("RGB", (8, 6), (shade, 9, 9)).save(folder / part / "dog" / f"{place}.png")
    expected = (
        "1 image for testing and for training at once: the accuracy there says nothing of new ones.",
        "2 images for training that repeat others.",
        "1 image in several classes.",
    )
    assert report(folder).notes == expected
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for path in sorted(folder.rglob("*.png")):
            archive.write(path, path.relative_to(folder))
    assert report(tmp_path / "pets.zip", opened=False).notes == expected


def test_an_alphabet_that_an_archive_does_not_say_is_taken_for_granted_and_said(tmp_path: Path) -> None:
    picture = (put(tmp_path / "one", "/1") / "0.png").read_bytes()
    names = {
        f"{title}/{index}.png": f"{title}\\{index}.png".replace("?", "\u00e4")
        for title in ("b?r", "cat")
        for index in (0, 1)
    }
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as file:
        for name in names:
            file.writestr(name, picture)
    content = (tmp_path / "pets.zip").read_bytes()
    for name, theirs in names.items():
        content = content.replace(name.encode(), theirs.encode("cp437"))
    (tmp_path / "pets.zip").write_bytes(content)
    layout = read_layout(tmp_path / "pets.zip")
    assert counts(layout)[0] == {"b\u00e4r": 2, "cat": 2}
    assert layout.notes == (GUESSED,)
