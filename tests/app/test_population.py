"""The Population tab, and the example strategy of docs/extending.md everywhere it should be."""

import json
import re
from pathlib import Path

import pytest

from ancra import plugins
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.negatives.strategy import PICKERS
from ancra.settings import write_yaml

GUIDE = Path(__file__).parents[2] / "docs" / "extending.md"
MODEL = "Tiny with attention · tiny-ra"


@pytest.fixture
def own_registry(monkeypatch):
    monkeypatch.setattr(plugins, "_loaded", {})
    monkeypatch.setattr(PICKERS, "_entries", dict(PICKERS._entries))


@pytest.fixture
def unsure(home, own_registry):
    """The example of the guide as a plugin of the workspace."""
    (code,) = [
        block
        for block in re.findall(r"```python runnable\n(.*?)```", GUIDE.read_text(), re.S)
        if "class Unsure(" in block
    ]
    (home / "plugins").mkdir()
    (home / "plugins" / "unsure.py").write_text(code, encoding="utf-8")


@pytest.fixture
def population(open_page):
    def opened(**query):
        return open_page("negatives", **{"model": MODEL, "batch": "40", "tab": "Population", **query})

    return opened


def texts(at) -> str:
    return " ".join(element.value for element in [*at.markdown, *at.caption])


def fine(at):
    assert not at.exception
    assert not at.error, at.error[0].value
    return at


def test_one_batch_has_its_table_and_its_words(population):
    at = fine(population())
    (table,) = at.dataframe
    assert list(table.value["Strategy"]) == ["Random", "Soft-LS", "Hard-LS", "Targeted attack"]
    assert "40 anchors in 1 batch" in texts(at)
    assert "anchors of this batch" in texts(at)
    assert "step by step" in texts(at)


def test_alpha_divides_the_forces(population):
    at = population()
    assert "anchor is left where it is" in texts(at)
    at.slider(key="population_alpha").set_value(0.0).run()
    assert "negative is left where it is" in texts(fine(at))


def test_a_whole_epoch_and_its_stop(population):
    at = population(amount="Whole epoch", split="Test", batch="200")
    for _ in range(30):
        if "450 anchors in 3 batches" in texts(at):
            break
        at.run()
    assert "450 anchors in 3 batches" in texts(fine(at))


def test_strategies_can_be_left_out(population):
    at = population()
    at.button_group(key="strategies").set_value(["soft_ls"]).run()
    assert len(fine(at).dataframe[0].value) == 1
    at.button_group(key="strategies").set_value([]).run()
    assert "at least one" in fine(at).info[0].value


def test_a_batch_of_one_class_says_what_to_do(population):
    digits = load_dataset(DataSettings(name="digits")).test
    seed = next(seed for seed in range(99) if len(digits.labels[digits.sample(2, seed)].unique()) == 1)
    at = population(batch="2", batch_seed=str(seed))
    assert not at.exception
    assert "one class" in at.error[0].value


def test_the_guides_strategy_is_on_the_command_line(unsure, ancra):
    code, out, err = ancra("strategies", "uploads/tiny-ra", "--strategies", "unsure,hard_ls", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["strategies"]["unsure"]["title"] == "Unsure"
    assert ancra("strategies", "uploads/tiny-ra", "--strategies", "unsur")[2].endswith("did you mean 'unsure'?\n")


@pytest.mark.parametrize("setting", ["negatives.strategy", "negatives.picker"])
def test_the_guides_strategy_is_in_recipes(unsure, ancra, tiny_recipe, tmp_path, setting):
    write_yaml(tiny_recipe.with_changes(epochs=1, negatives={"warmup_epochs": 0}), tmp_path / "own.yaml")
    code, _, err = ancra("train", tmp_path / "own.yaml", "--set", f"{setting}=unsure", "--out", tmp_path / "run")
    assert code == 0, err
    assert "picker: unsure" in (tmp_path / "run" / "recipe.yaml").read_text()


def test_the_guides_strategy_is_on_the_page(unsure, population):
    at = fine(population())
    assert list(at.dataframe[0].value["Strategy"])[-1] == "Unsure"


def test_a_plugin_that_fails_is_told_on_the_page(home, own_registry, population):
    (home / "plugins").mkdir()
    (home / "plugins" / "bad.py").write_text("boo", encoding="utf-8")
    at = fine(population())
    assert "bad.py cannot be used (NameError" in at.warning[0].value
    assert len(at.dataframe) == 1
