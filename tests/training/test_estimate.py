import json

import pytest
import torch

from ancra.training.estimate import Estimate, estimate


@pytest.fixture(scope="module")
def found(tiny_recipe):
    return estimate(tiny_recipe.with_changes(steps_per_epoch=3), budget=0.2)


def test_it_counts_what_a_run_does(found) -> None:
    assert (found.epochs, found.steps, found.images, found.device) == (6, 3, 1211, "cpu")
    assert 8 <= found.measured <= 256
    assert found.seconds == pytest.approx(6 * (3 * found.step_seconds + found.validation_seconds))
    assert found.step_seconds > 0
    assert found.validation_seconds > 0


def test_memory_grows_with_the_batch_and_shrinks_with_its_parts(tiny_recipe, found) -> None:
    parts = estimate(tiny_recipe.with_changes(accumulate=8), budget=0)
    assert parts.memory_bytes < found.memory_bytes / 3
    small = estimate(tiny_recipe.with_changes(batch_size=32), budget=0)
    assert small.memory_bytes == pytest.approx(parts.memory_bytes, rel=0.01)


def test_the_callers_random_numbers_stay(tiny_recipe) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    estimate(tiny_recipe, budget=0)
    assert torch.equal(torch.rand(3), expected)


def test_the_sentence() -> None:
    made = Estimate("cpu", 1211, 85_678, 15, 10, 1.23, 3.0, 240.0, 300_000_000, 64)
    assert made.sentence == "About 4 min on cpu (15 epochs of 10 steps of 1.2 s, validation 3 s each), about 0.3 GB."


def test_the_command_estimates_and_does_not_train(ancra, workspace) -> None:
    changes = ("--set", "epochs=1", "--set", "attack.steps=1", "--set", "model.width=4", "--set", "batch_size=8")
    code, out, err = ancra("train", "digits-pgd-at", *changes, "--estimate", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["epochs"] == 1
    assert not list(workspace.rglob("recipe.yaml"))
