import pytest

from ancra.checkpoints import read_card, resolve_checkpoint


@pytest.mark.parametrize("ending", ["html", "csv", "pdf"])
def test_maps_two_checkpoints_into_a_file(ancra, tmp_path, ending):
    out = tmp_path / f"maps.{ending}"
    code, text, err = ancra("map", "digits/trades", "digits/trades-ancra", "--out", out)
    assert code == 0, err
    assert out.stat().st_size > 1000
    assert "450 test images of digits" in text
    assert ("Images can be attacked in the page: networks and features take" in text) == (ending == "html")
    code, text, err = ancra("explain", out)
    assert code == 0, err
    assert "made anew by: ancra map digits/trades digits/trades-ancra --out maps.pdf" in text
    assert read_card(resolve_checkpoint("digits/trades")).digest in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "maps.gif"], "written as .html"),
        (["--out", "maps.png", "--attack", "magic"], "magic"),
        (["--out", "maps.png", "--features", "y"], "choose z' or z"),
        (["--out", "maps.png", "--layout", "flat"], "no layout named 'flat'"),
        (["--out", "maps.png", "--colour", "taste"], "coloured by 'taste'"),
        (["--out", "maps.png", "--block", "7"], "no block 7"),
        (["--out", "/dev/null/maps.csv"], "cannot be written"),
        (["--out", "maps.png", "--live"], "--live needs an .html file"),
    ],
)
def test_bad_input_gives_one_sentence_and_code_2(ancra, arguments, sentence):
    code, _, err = ancra("map", "digits/trades-ancra", *arguments)
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err


def test_a_page_without_the_networks_says_so_in_its_command(ancra, tmp_path):
    out = tmp_path / "maps.html"
    code, text, _ = ancra("map", "digits/trades", "--no-live", "--out", out)
    assert code == 0
    assert "attacked in the page" not in text
    _, text, _ = ancra("explain", out)
    assert "made anew by: ancra map digits/trades --no-live --out maps.html" in text
