"""Tables as text, and files that are whole or not there."""

import pytest

from ancra.errors import AncraError
from ancra.files import csv_text, locked, replace_file


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-2+3|cmd", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_looks_like_a_formula_is_quoted(text):
    header, row = csv_text([{"title": text, text: 1}]).split("\n")[:2]
    assert (header, row) == (f"title,'{text}", f"'{text},1")


@pytest.mark.parametrize("cell", [-0.5, "-0.5", "+2", "cat", "", 3, "a=b"])
def test_numbers_and_other_text_stay_as_they_are(cell):
    assert csv_text([{"cell": cell}]).splitlines()[1].strip('"') == str(cell)


def test_rows_have_every_column_that_one_of_them_has():
    assert csv_text([{"a": 1}, {"b": None, "a": 2}]) == "a,b\n1,\n2,\n"


def test_what_fails_while_it_is_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def write(file):
        file.write(b"half")
        raise AncraError("The archive is another one.")

    with pytest.raises(AncraError, match="another one"):
        replace_file(path, write)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("file", "old")]


def test_a_lock_is_held_once(tmp_path):
    def hold():
        return locked(tmp_path / "lock", "Somebody works on it.")

    with hold(), pytest.raises(AncraError, match="Somebody works"), hold():
        pass
    with hold():
        pass
