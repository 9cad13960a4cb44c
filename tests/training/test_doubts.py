import pytest

from ancra.data.registry import load_dataset
from ancra.models.registry import build_model
from ancra.recipe import load_recipe, recipe_names
from ancra.training.batches import hold_out
from ancra.training.doubts import doubts
from ancra.training.extent import Extent, extent


@pytest.fixture(scope="module")
def data():
    return load_dataset(load_recipe("digits-natural").data)


def said(recipe, data, **changes):
    changed = recipe.with_changes(**changes)
    return " ".join(doubts(changed, extent(changed, data)))


@pytest.mark.parametrize("name", [name for name in recipe_names() if name.startswith("digits-")])
def test_a_recipe_that_comes_with_the_project_is_not_doubted(name, data):
    assert said(load_recipe(name), data) == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"batch_size": 5000}, "The batch size, 5,000, is above the 1,211 training images"),
        ({"validation": {"samples": 9}}, "Only 9 held-out images tell the best epoch: one of them more or less is 11"),
        ({"attack": {"epsilon": 0.5}}, "one and the same grey"),
        ({"epochs": 2, "schedule": {"kind": "cosine", "warmup_epochs": 2}}, "warm-up takes 2 of 2 epochs"),
        ({"epochs": 9, "schedule": {"kind": "steps", "milestones": (9, 12)}}, "lies after epoch 9"),
        ({"objective": {"base": "natural"}}, "its accuracy under adaptive PGD stays at chance"),
    ],
)
def test_settings_that_make_no_sense_together_are_said(changes, sentence, data):
    assert sentence in said(load_recipe("digits-trades"), data, **changes)


def test_the_extent_is_counted_as_the_run_does(tiny_recipe, data):
    recipe = tiny_recipe.with_changes(steps_per_epoch=2)
    training, held_out = hold_out(data.train, 0.1, 0)
    model = build_model(recipe.model, data.image_shape, 10)
    assert extent(recipe, data) == Extent(
        images=len(training),
        validated=min(len(held_out), 32),
        classes=10,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        steps=2,
    )
