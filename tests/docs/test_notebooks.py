"""The example notebooks run from their first cell to their last, and each result shows itself."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import ancra
from ancra.errors import AncraError
from ancra.explain import explain

NOTEBOOKS = sorted((Path(ancra.__file__).parents[1] / "docs" / "notebooks").glob("*.ipynb"))


def carried_out(path):
    """What each code cell's last line gives, as a notebook would show it."""
    names = {}
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        *lines, last = ast.parse("".join(cell["source"])).body
        shown = isinstance(last, ast.Expr)
        exec(compile(ast.Module(lines if shown else [*lines, last], []), str(path), "exec"), names)
        if shown:
            value = eval(compile(ast.Expression(last.value), str(path), "eval"), names)
            if value is not None:
                yield value._repr_html_()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_and_shows_its_results(path, workspace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    card, plain, adaptive, verdict, maps = carried_out(path)
    assert "PGD-AT-ANCRA" in card
    for attacked in (plain, adaptive):
        assert attacked.count("data:image/png;base64,") == 2
    assert "not to be believed" in verdict
    assert "data:image/png;base64," in maps
    assert explain(tmp_path / "maps.pdf").command.startswith("ancra map digits/pgd-at digits/pgd-at-ancra")
    assert "--attack adaptive10" in explain(tmp_path / "trace.npz").command


def test_importing_ancra_loads_no_torch():
    code = "import sys, ancra; dir(ancra); print([n for n in ('torch', 'numpy', 'PIL') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_trust_is_a_package_and_a_function():
    from ancra.trust.report import Verdict

    assert Verdict.DOUBTFUL
    with pytest.raises(AncraError, match="nope"):
        ancra.trust("nope")


@pytest.mark.parametrize(("given", "sentence"), [({"image": 450}, "0 to 449"), ({"target": "cat"}, "cat")])
def test_a_question_without_an_answer_is_one_sentence(given, sentence):
    with pytest.raises(AncraError, match=sentence):
        ancra.attack("digits/trades", **given)


def test_other_names_are_still_none():
    with pytest.raises(AttributeError, match="'nothing'"):
        _ = ancra.nothing
