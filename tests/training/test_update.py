"""A step does not depend on how its batch is divided, and memory that is full divides it further."""

import subprocess
import sys

import pytest
import torch

from ancra.errors import AncraError
from ancra.losses.step import StepSettings
from ancra.models.registry import build_model
from ancra.recipe import Recipe
from ancra.training import update
from ancra.training.batches import parts_of
from ancra.training.processes import Processes
from ancra.training.update import Stepper, new_optimiser


@pytest.fixture(scope="module")
def recipe(tiny_recipe):
    return tiny_recipe.with_changes(negatives={"picker": "soft_ls", "warmup_epochs": 0})


class Bench:
    """A model, and steps on one batch of random images."""

    def __init__(self, recipe, said=None):
        torch.manual_seed(0)
        self.recipe = recipe
        self.model = build_model(recipe.model, (1, 8, 8), 10)
        say = (lambda line: None) if said is None else said.append
        self.stepper = Stepper(self.model, new_optimiser(self.model, recipe), recipe, Processes(recipe), say)

    def take(self, count=9):
        draw = torch.Generator().manual_seed(1)
        images, labels = torch.rand(count, 1, 8, 8, generator=draw), torch.arange(count) % 10
        step = StepSettings(self.recipe.objective, self.recipe.attack, self.recipe.negatives, 5)
        return {name: float(value) for name, value in self.stepper.take(images, labels, step, draw).items()}

    def tensors(self):
        return {name: tensor.clone() for name, tensor in self.model.state_dict().items()}


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def test_no_part_is_a_single_image() -> None:
    assert parts_of(9, 2) == [slice(0, 4), slice(4, 9)]
    assert parts_of(3, 2) == [slice(0, 3), slice(3, 3)]
    assert [cut.stop - cut.start for cut in parts_of(11, 5)] == [2, 2, 2, 2, 3]


def test_parts_of_different_sizes_give_the_gradient_of_the_whole(recipe, monkeypatch) -> None:
    whole, parts = Bench(recipe), Bench(recipe.with_changes(accumulate=4))
    for bench in (whole, parts):  # without BatchNorm's view of each part, nothing may differ
        monkeypatch.setattr(bench.model.eval(), "train", lambda mode=True, model=bench.model: model)
    assert parts.take() == pytest.approx(whole.take(), rel=1e-4)
    for name, tensor in whole.tensors().items():
        assert torch.allclose(tensor, parts.tensors()[name], atol=1e-4), name


def test_parts_move_the_running_statistics_once(recipe) -> None:
    whole, parts = Bench(recipe), Bench(recipe.with_changes(accumulate=3))
    whole.take()
    parts.take()
    # The mean of a batch is the mean over its parts; so are the moves, for the first layer's natural images at least.
    first, second = whole.model.bn1, parts.model.bn1
    assert int(first.num_batches_tracked) == int(second.num_batches_tracked) == 3
    assert torch.allclose(first.running_mean, second.running_mean, atol=0.02)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("can't allocate memory")]
)
def test_a_full_memory_divides_the_batch_and_goes_on_with_it(recipe, monkeypatch, error) -> None:
    real, sizes, said = update.loss_of_rows, [], []

    def loss_of_rows(answer, made, objective):
        found = real(answer, made, objective)  # so that BatchNorm has moved when the memory is full
        sizes.append(len(made.labels))
        if len(made.labels) > 4:
            raise error
        return found

    halved, expected = Bench(recipe, said), Bench(recipe.with_changes(accumulate=4))
    wanted = expected.take(), expected.take(8)
    monkeypatch.setattr("ancra.training.update.loss_of_rows", loss_of_rows)
    assert (halved.take(), halved.take(8)) == wanted
    assert sizes == [9, 4, 5, 2, 2, 2, 3, 2, 2, 2, 2]
    assert same(halved.tensors(), expected.tensors())
    assert [line for line in said if "computed in 4 parts" in line]


def test_a_memory_too_small_for_two_images_says_so_and_keeps_the_weights(recipe, monkeypatch) -> None:
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    bench = Bench(recipe)
    before = bench.tensors()
    monkeypatch.setattr("ancra.training.update.loss_of_rows", full)
    with pytest.raises(AncraError, match="choose a smaller model"):
        bench.take()
    assert same(before, bench.tensors())


def test_channels_last_is_the_same_step(recipe) -> None:
    plain, last = Bench(recipe), Bench(recipe.with_changes(channels_last=True))
    last.model.to(memory_format=torch.channels_last)
    assert last.take() == pytest.approx(plain.take(), rel=1e-4)


@pytest.mark.slow
def test_a_compiled_pass_is_the_same_step_under_the_same_names(recipe) -> None:
    # In a process of its own: what measures the coverage changes code in a way that no compiler reads.
    code = "import runpy, sys; runpy.run_path(sys.argv[1])['compare_with_compiled'](sys.argv[2])"
    subprocess.run([sys.executable, "-c", code, __file__, recipe.model_dump_json()], check=True)


def compare_with_compiled(settings: str) -> None:
    recipe = Recipe.model_validate_json(settings)
    real = torch.compile  # with a backend that compiles nothing, which is enough to see what is captured
    torch.compile = lambda function, **options: real(function, backend="aot_eager", **options)
    plain, compiled, said = Bench(recipe), Bench(recipe.with_changes(compile=True)), []
    compiled.stepper.answer.say = said.append
    assert compiled.take() == pytest.approx(plain.take(), rel=1e-3)
    assert not said
    assert compiled.tensors().keys() == plain.tensors().keys()


def test_where_there_is_no_compiler_a_sentence_says_so_and_training_goes_on(recipe, monkeypatch) -> None:
    def compiled(function, **options):
        def call(*arguments):
            raise RuntimeError("no C++ compiler was found\nand more")

        return call

    monkeypatch.setattr(torch, "compile", compiled)
    plain, said = Bench(recipe), []
    assert Bench(recipe.with_changes(compile=True), said).take() == plain.take()
    assert said == ["The training passes are not compiled, which only costs time: no C++ compiler was found"]
