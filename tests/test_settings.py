"""Settings files: what is wrong is said in one sentence that names the place and the remedy."""

from pathlib import Path

import pytest

from ancra.errors import AncraError
from ancra.recipe import Recipe, load_recipe, recipe_names
from ancra.settings import apply_changes, parse, read_table, read_yaml, write_yaml

SMALL = {"name": "small", "title": "Small"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epoch": 3}, "'epoch' is not a setting; did you mean 'epochs'"),
        ({"attack": {"epsilom": 0.1}}, "'attack.epsilom' is not a setting; did you mean 'epsilon'"),
        ({"attack": {"epsilon": -1}}, "attack.epsilon = -1"),
        ({"attack": {"epsilon": float("nan")}}, "attack.epsilon"),
        ({"epochs": "many"}, "epochs = 'many'"),
        ({"objective": {"base": "tradse"}}, "objective.base = 'tradse'"),
        ({"objective": {"contrast": {"alpha": 1.5}}}, "objective.contrast.alpha = 1.5"),
        ({"name": "Not A Name"}, "name = 'Not A Name'"),
    ],
)
def test_one_sentence_for_each_mistake(changes: dict[str, object], words: str) -> None:
    with pytest.raises(AncraError) as caught:
        parse(Recipe, {**SMALL, **changes}, source="recipe.yaml")
    assert str(caught.value).startswith("recipe.yaml: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_keys_are_named() -> None:
    with pytest.raises(AncraError, match="'name' is missing"):
        parse(Recipe, {"title": "x"}, source="recipe.yaml")


@pytest.mark.parametrize("text", ["", "- a\n- b", "name: [unclosed", "\x00"])
def test_files_that_hold_no_settings(text: str, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(AncraError):
        read_yaml(Recipe, tmp_path / "r.yaml")


def test_a_recipe_is_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    recipe = parse(Recipe, {**SMALL, "objective": {"contrast": {"zeta": 2}}}, source="x")
    write_yaml(recipe, tmp_path / "r.yaml")
    assert read_yaml(Recipe, tmp_path / "r.yaml") == recipe


def test_every_recipe_of_the_project_is_valid_and_named_after_its_file() -> None:
    names = recipe_names()
    assert len(names) >= 8
    assert [load_recipe(name).name for name in names] == names


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(AncraError, match="did you mean 'digits-trades'"):
        load_recipe("digit-trades")


def test_changes_reach_nested_settings_and_are_yaml() -> None:
    data = apply_changes(SMALL, ["attack.epsilon=0.1", "epochs=3", "objective.contrast=null", "data.channels=1"])
    recipe = parse(Recipe, data, source="--set")
    assert (recipe.attack.epsilon, recipe.epochs, recipe.data.channels) == (0.1, 3, 1)


@pytest.mark.parametrize("change", ["epochs", "=3", "epochs=[1"])
def test_a_change_that_is_none(change: str) -> None:
    with pytest.raises(AncraError, match=r"changes no setting|is not YAML"):
        apply_changes(SMALL, [change])


def test_digests_name_settings_and_changes_are_validated() -> None:
    one, same, other = (parse(Recipe, {**SMALL, "epochs": n}, source="x") for n in (3, 3, 4))
    assert one.digest() == same.digest() != other.digest()
    with pytest.raises(AncraError):
        one.with_changes(epochs=0)


def test_a_file_that_is_read_again_is_as_it_was_though_a_reader_changed_what_it_got(tmp_path):
    path = tmp_path / "table.yaml"
    path.write_text("name: small\nattack: {epsilon: 0.1}\n")
    read_table(path)["attack"]["epsilon"] = 0.5
    assert read_table(path) == {"name": "small", "attack": {"epsilon": 0.1}}
    path.write_text("name: other\n")
    assert read_table(path) == {"name": "other"}
