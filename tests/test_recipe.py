import pytest

from ancra.attacks.objectives import OBJECTIVES
from ancra.data.registry import DATASETS
from ancra.errors import AncraError
from ancra.models.registry import MODELS
from ancra.recipe import load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_name_things_that_exist(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.data.name in DATASETS
    assert recipe.model.architecture in MODELS
    assert recipe.attack.objective in OBJECTIVES
    assert (recipe.objective.contrast is not None) == name.endswith("-ancra")


def test_the_papers_settings():
    recipe = load_recipe("tiny-imagenet-preactresnet18-mart-ancra")
    assert (recipe.optimiser.learning_rate, recipe.optimiser.weight_decay) == (0.1, 5e-4)
    assert (recipe.epochs, recipe.batch_size, recipe.attack.step_size) == (120, 128, 0.007)
    assert recipe.attack.epsilon == pytest.approx(8 / 255)


def test_unknown_name_gets_the_nearest():
    with pytest.raises(AncraError, match="digits-trades"):
        load_recipe("digits-trade")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\ntitle: A\nepoch: 3\n", "'epoch' is not a setting; did you mean 'epochs'"),
        ("name: a\ntitle: A\nepochs: three\n", "epochs = 'three'"),
        ("name: a\ntitle: A\nattack: {epsilon: -1}\n", "attack.epsilon = -1"),
        ("name: a\ntitle: A\nattack: {epsilom: 1}\n", "did you mean 'epsilon'"),
        ("name: [", "is not YAML (line 1)"),
        ("", "holds no settings"),
    ],
)
def test_wrong_recipes_get_one_sentence(tmp_path, text, said):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(AncraError) as caught:
        load_recipe(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
