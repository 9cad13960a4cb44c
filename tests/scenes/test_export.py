import csv
import io
from pathlib import Path

import pytest
from PIL import Image

from ancra.errors import AncraError
from ancra.origin import Origin, read_origin
from ancra.scenes import export
from ancra.scenes.export import COLOUR_TITLES, scene_csv, scene_html, scene_picture, write_scene

ORIGIN = Origin(what="Maps", command="ancra map a b --out maps.pdf", settings={"epsilon": 0.2})


def test_the_html_file_asks_nothing_from_outside_and_escapes_names(make_scene):
    text = scene_html(make_scene(classes=("cat", "dog", "</script><b>")), title="<Maps>")
    assert "<title>&lt;Maps&gt;</title>" in text
    assert "</script><b>" not in text
    assert "src=" not in text.replace("image.src", "").replace("sprite.src", "")
    assert "import " not in text.split('<script type="module">')[1].split("\n")[1]


def test_the_picture_is_two_columns_wide_at_300_dots_an_inch(make_scene):
    picture = Image.open(io.BytesIO(scene_picture(make_scene(), "png", ORIGIN)))
    assert picture.width == pytest.approx(2100, abs=1)


@pytest.mark.parametrize("colour", COLOUR_TITLES)
def test_every_colour_gives_a_picture(make_scene, colour):
    assert b"<svg" in scene_picture(make_scene(), "svg", ORIGIN, colour)


@pytest.mark.parametrize(("attacked", "overlaid"), [(False, False), (True, True)])
def test_one_row_where_one_is_enough(make_scene, attacked, overlaid):
    both = Image.open(io.BytesIO(scene_picture(make_scene(), "png", ORIGIN))).height
    one = Image.open(io.BytesIO(scene_picture(make_scene(attacked=attacked), "png", ORIGIN, overlaid=overlaid))).height
    assert one < both


def test_many_classes_have_a_colour_each():
    assert len({export.class_colour(i, 200) for i in range(200)}) > 150


def test_the_table_has_a_line_a_model_image_and_condition(make_scene):
    rows = list(csv.DictReader(io.StringIO(scene_csv(make_scene(classes=("=1+1", "dog"))))))
    assert len(rows) == 2 * 2 * 6
    assert rows[0]["true"] == "'=1+1"
    assert {row["condition"] for row in rows} == {"Natural", "PGD-10"}


@pytest.mark.parametrize("ending", ["html", "pdf", "svg", "png", "csv"])
def test_files_are_written(make_scene, tmp_path, ending):
    path = tmp_path / f"maps.{ending}"
    write_scene(make_scene(), path, ORIGIN)
    assert path.stat().st_size > 100
    assert read_origin(path) == ORIGIN


@pytest.mark.parametrize("name", ["maps.gif", "maps"])
def test_an_unknown_ending_is_refused(make_scene, tmp_path, name):
    with pytest.raises(AncraError, match=r"\.html, \.pdf, \.svg, \.png or \.csv"):
        write_scene(make_scene(), tmp_path / name, ORIGIN)


def test_an_unknown_colour_is_refused(make_scene):
    with pytest.raises(AncraError, match="coloured by"):
        scene_picture(make_scene(), "png", ORIGIN, "taste")


def test_a_folder_that_cannot_be_written_is_said(make_scene):
    with pytest.raises(AncraError, match="cannot be written"):
        write_scene(make_scene(), Path("/dev/null/maps.csv"), ORIGIN)


def test_names_are_no_formulas_in_a_picture(make_scene):
    scene = make_scene(classes=("$_$", "TeX & $", "dog"))
    assert b"<svg" in scene_picture(scene, "svg", ORIGIN)
