"""Every file says what it is: the record goes in, comes out, and leaves the file what it was."""

import csv
import io
import json
import shlex
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from ancra.errors import AncraError
from ancra.explain import explain
from ancra.figure_files import KINDS, figure_bytes
from ancra.origin import Origin, command_line, npz, read_origin, signed
from ancra.runs.run import Run

ORIGIN = Origin(
    what="Table of <digits> & (more) \\ é",
    command="ancra table 'digits/a b' --out table.tex",
    page="/robustness?models=PGD-AT&images=Digits",
    checkpoints={"digits/pgd-at": "0123456789abcdef"},
    data="digits",
    seed=3,
    settings={"epsilon": 0.2, "note": "a --> b </metadata> )("},
)
PNG = io.BytesIO()
Image.new("L", (4, 3), 7).save(PNG, "PNG")
CONTENTS = {
    "csv": b"model,natural\nA,0.5\n",
    "tex": b"\\begin{tabular}{l}\n",
    "md": b"| a |\n",
    "html": b"<!doctype html><html><head><title>x</title></head></html>",
    "svg": b'<?xml version="1.0"?><svg width="3" xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>',
    "png": PNG.getvalue(),
}


@pytest.fixture
def figure():
    drawn = Figure(figsize=(2, 1))
    drawn.subplots().plot([1, 2], label="p'")
    return drawn


@pytest.mark.parametrize("kind", CONTENTS)
def test_the_record_comes_out_as_it_went_in(kind, tmp_path):
    path = tmp_path / f"file.{kind}"
    path.write_bytes(signed(CONTENTS[kind], kind, ORIGIN))
    assert read_origin(path) == ORIGIN
    assert explain(path) == ORIGIN


@pytest.mark.parametrize("kind", KINDS)
def test_figures_say_it_too_and_are_the_same_bytes_each_time(kind, figure, tmp_path):
    path = tmp_path / f"figure.{kind}"
    path.write_bytes(figure_bytes(figure, kind, ORIGIN))
    assert read_origin(path) == ORIGIN
    assert figure_bytes(figure, kind, ORIGIN) == path.read_bytes()


def test_fonts_of_a_pdf_are_embedded_as_type_42(figure):
    content = figure_bytes(figure, "pdf", ORIGIN)
    assert b"/CIDFontType2" in content
    assert b"/Type3" not in content


def test_arrays_say_it_in_a_member_of_their_own(tmp_path):
    path = tmp_path / "image.npz"
    path.write_bytes(npz({"image": np.eye(2)}, ORIGIN))
    assert read_origin(path) == ORIGIN
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file.files) == ["image", "origin"]


def test_the_files_stay_what_they_were():
    lines = signed(CONTENTS["csv"], "csv", ORIGIN).decode().splitlines()
    assert list(csv.DictReader(line for line in lines if not line.startswith("#"))) == [
        {"model": "A", "natural": "0.5"}
    ]
    with Image.open(io.BytesIO(signed(CONTENTS["png"], "png", ORIGIN))) as image:
        image.load()
        assert (image.size, image.getpixel((0, 0))) == ((4, 3), 7)
    tree = ElementTree.fromstring(signed(CONTENTS["svg"], "svg", ORIGIN))
    assert [child.tag.rpartition("}")[2] for child in tree] == ["metadata", "path"]


def test_people_can_read_the_head_of_a_table():
    head = signed(b"", "tex", ORIGIN).decode()
    assert "% made anew by: ancra table 'digits/a b' --out table.tex\n" in head
    assert "% checkpoints: digits/pgd-at (0123456789abcdef)\n" in head


def test_a_command_leaves_out_what_was_not_given():
    text = command_line("map", "a b", attack=None, store=True, no=False, against=["x", "y"], out="m.pdf")
    assert shlex.split(text) == ["ancra", "map", "a b", "--store", "--against", "x", "--against", "y", "--out", "m.pdf"]


def test_a_checkpoint_a_stored_result_and_a_run_are_explained(ancra, tmp_path, tiny_recipe):
    from ancra.paths import shipped_checkpoints

    stored = next((shipped_checkpoints() / "results" / "curves").glob("*.npz"))
    run = Run.create(tmp_path / "one", tiny_recipe)
    named = Run.create(tmp_path / "two", tiny_recipe.with_changes(name="digits-trades-ancra"))
    code, text, err = ancra("explain", shipped_checkpoints() / "digits" / "trades.safetensors", stored)
    assert code == 0, err
    assert "made anew by: ancra train digits-trades\n" in text
    assert "made anew by: ancra results " in text
    assert "--parts curves" in text
    assert explain(run.status_file).what == "Training run one, status.json"
    assert explain(run.folder).command == ""
    assert explain(named.folder).command.startswith("ancra train digits-trades-ancra --set ")


def test_a_network_for_the_browser_is_explained(ancra, tmp_path):
    file = tmp_path / "some.live"
    assert ancra("live", "digits/trades-ancra", "--out", file)[0] == 0
    code, text, error = ancra("explain", file)
    assert code == 0, error
    assert "Network for the browser TRADES-ANCRA" in text
    assert "made anew by: ancra live digits/trades-ancra --out some.live" in text
    assert "images = 1 x 8 x 8, classes = 10" in text
    assert "weights = fp" in text


def test_a_damaged_network_for_the_browser_is_one_sentence(tmp_path):
    header = json.dumps({"__metadata__": {"ancra_live": "{"}}).encode()
    (tmp_path / "some.live").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(AncraError, match="is damaged"):
        explain(tmp_path / "some.live")
    header = json.dumps({"__metadata__": {}}).encode()
    (tmp_path / "some.live").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(AncraError, match="no network for the browser"):
        explain(tmp_path / "some.live")


def test_an_attack_is_made_anew_by_the_command_in_its_file(ancra, tmp_path):
    given = ("digits/trades", "--image", "3", "--attack", "pgd2", "--epsilon", "51/255", "--target", "1")
    code, text, err = ancra("attack", *given, "--out", tmp_path / "trace.npz")
    assert code == 0, err
    assert "test image 3 is" in text
    _, *words = shlex.split(explain(tmp_path / "trace.npz").command)
    ancra(*words[:-1], tmp_path / "again.npz")
    first, again = (np.load(tmp_path / name) for name in ("trace.npz", "again.npz"))
    np.testing.assert_array_equal(first["images"], again["images"])
    assert explain(tmp_path / "again.npz") == explain(tmp_path / "trace.npz")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--image", "9999"), "test images 0 to 449"),
        (("--epsilon", "7"), "did you mean 7/255?"),
        (("--target", "cat"), "cat"),
        (("--attack", "magic"), "magic"),
    ],
)
def test_an_attack_that_cannot_be_is_one_sentence(ancra, tmp_path, given, sentence):
    code, _, err = ancra("attack", "digits/trades", *given, "--out", tmp_path / "trace.npz")
    assert code == 2
    assert sentence in err
    assert not (tmp_path / "trace.npz").exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("gone.csv", None, "There is no file"),
        ("foreign.csv", b"a,b\n1,2\n", "does not say where it is from"),
        ("foreign.npz", b"PK\x03\x04 nothing", "does not say where it is from"),
        ("broken.csv", b"# ancra-origin: {broken\n", "is damaged"),
        ("other.csv", b'# ancra-origin: {"what": 3}\n', "is damaged"),
    ],
)
def test_what_says_nothing_is_said_in_one_sentence(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(AncraError, match=sentence):
        explain(tmp_path / name)
