"""One real step of every shipped recipe, on random images of its dataset's shape and a network as narrow as it gets."""

import pytest
import torch

from ancra.losses.step import StepSettings
from ancra.models.registry import build_model
from ancra.recipe import load_recipe, recipe_names
from ancra.training.processes import Processes
from ancra.training.update import Stepper, new_optimiser

SHAPES = {
    "digits": ((1, 8, 8), 10),
    "fashion_mnist": ((1, 28, 28), 10),
    "cifar10": ((3, 32, 32), 10),
    "cifar100": ((3, 32, 32), 100),
    "tiny_imagenet": ((3, 64, 64), 200),
}


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_takes_a_step(name: str) -> None:
    recipe = load_recipe(name)
    # oneDNN writes past its memory in channels_last PreActResNets of 4 channels.
    width = 8 if recipe.channels_last else 4
    narrow = {"widen_factor": 1} if recipe.model.architecture == "wide_resnet" else {"width": width}
    recipe = recipe.with_changes(
        model={**recipe.model.model_dump(), **narrow},
        attack={**recipe.attack.model_dump(), "steps": 1},
        device="cpu",
    )
    shape, classes = SHAPES[recipe.data.name]
    torch.manual_seed(0)
    model = build_model(recipe.model, shape, classes)
    before = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    stepper = Stepper(model, new_optimiser(model, recipe), recipe, Processes(recipe), pytest.fail)
    step = StepSettings(recipe.objective, recipe.attack, recipe.negatives, epoch=0)
    labels = torch.tensor([0, classes - 1])
    sums = stepper.take(torch.rand(2, *shape), labels, step, torch.Generator().manual_seed(0))
    parts = {"loss"} | ({"loss/contrast"} if recipe.objective.contrast else set())
    assert parts < sums.keys()
    assert all(torch.isfinite(value) for value in sums.values())
    after = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    assert torch.isfinite(after).all()
    assert not torch.equal(before, after)
