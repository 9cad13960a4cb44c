"""`ancra paper`: every part is there or is said to be left out, and each file says what it is."""

import re

import pytest

from ancra.explain import explain
from ancra.paper.folder import write_paper
from ancra.paper.item import SETS
from ancra.paper.tables import table2
from ancra.store import Store

PARTS = ("table1", "figure1", "figure2", "figure3", "figure4", "table2")


@pytest.mark.parametrize("chosen", SETS)
def test_every_part_is_written_and_says_what_it_is(ancra, tmp_path, chosen):
    code, out, err = ancra("paper", "--out", tmp_path, "--set", chosen)
    assert (code, err) == (0, "")
    figures = {f"{name}.{kind}" for name in PARTS if name.startswith("figure") for kind in ("pdf", "svg")}
    files = {f"{name}.tex" for name in PARTS} | figures
    assert {path.name for path in tmp_path.iterdir()} == files | {"README.md", "paper.tex"}
    readme = (tmp_path / "README.md").read_text()
    for name in files:
        command = explain(tmp_path / name).command
        assert command
        assert command in readme
        assert f"`{name}`" in readme
    assert (tmp_path / "paper.tex").read_text().count("\\input{") == len(PARTS)
    assert ("Taken from digits" in out) == ("Taken from digits" in readme) == (chosen != "digits")


def test_latex_is_whole(tmp_path, workspace):
    write_paper(tmp_path, "digits")
    for path in tmp_path.glob("*.tex"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("%")]
        text = re.sub(r"\\[%&_{}]", "", "\n".join(lines))
        assert text.count("{") == text.count("}")
        assert re.findall(r"\\begin\{(.*?)\}", text) == re.findall(r"\\end\{(.*?)\}", text)[::-1]
        assert "%" not in text
        rows = [line for line in lines if line.endswith(r"\\")]
        assert len({line.replace(r"\&", "").count("&") for line in rows}) <= 1


def test_what_is_not_stored_is_left_out_and_said(tmp_path, workspace, monkeypatch):
    monkeypatch.setattr("ancra.paper.folder.known_outcomes", list)
    items = {item.name: item for item in write_paper(tmp_path, "digits", Store([tmp_path / "nothing"]))}
    for name in ("figure1", "figure2", "figure3", "figure4", "table2"):
        assert not items[name].files
        assert items[name].note.startswith("Left out: ")
        assert items[name].note in (tmp_path / "README.md").read_text()
    assert "ancra map digits/pgd-at digits/trades" in items["figure1"].note
    assert items["table1"].files  # cards hold evaluations, too


def test_an_unknown_set_is_one_sentence(ancra, tmp_path):
    code, _, err = ancra("paper", "--out", tmp_path / "x", "--set", "cifar")
    assert code == 2
    assert "cifar10" in err


@pytest.mark.parametrize(("apart", "bold"), [(0.2, 4), (0.0, 0)])
def test_table_2_is_bold_only_where_seeds_do_not_explain_it(tiny_recipe, make_outcome, apart, bold):
    def accuracy(values, seed, measure):
        return (
            0.5
            + 0.001 * seed * (1 + len(values["negatives.strategy"]) % 3)
            + apart * (values["negatives.strategy"] == "hard_ls")
        )

    outcome = make_outcome(tiny_recipe, {"negatives.strategy": ("random", "hard_ls")}, accuracy)
    text = table2(outcome).files["table2.tex"].decode()
    assert text.count(r"\mathbf") == bold
    assert ("Bold:" in text) == bool(bold)
