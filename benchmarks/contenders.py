"""Ways of taking our training step, and the passes that none can do without."""

import copy
import sys
from dataclasses import dataclass

import torch
from torch import Tensor

from ancra.attacks.verdict import frozen
from ancra.losses.step import StepSettings
from ancra.models.plain import as_classifier
from ancra.models.prediction import Prediction
from ancra.models.surrogate import surrogate, usable_precision
from ancra.recipe import Recipe
from ancra.settings import apply_changes, parse
from ancra.training.forward import TrainingPass
from ancra.training.processes import Processes
from ancra.training.update import Stepper, new_optimiser
from benchmarks.cases import Case


@dataclass(frozen=True)
class Way:
    """How a step is taken.

    Attributes:
        changes: of the recipe, as ``--set`` takes them.
        aim: the share of the reference's time that it should need at most.
    """

    name: str
    aim: float | None = None
    changes: tuple[str, ...] = ()


REFERENCE, OURS = Way("the reference's way"), Way("ours", 0.5)


BF16_ATTACK, BF16_TRAINING, CHANNELS_LAST = "attack.precision=bf16", "precision=bf16-mixed", "channels_last=true"
COMPILED = ("compile=true", "attack.compiled=true")


def ways(device: torch.device) -> list[Way]:
    """Ours as the recipe has it, then with what a recipe can switch on."""
    every = (BF16_ATTACK, BF16_TRAINING, CHANNELS_LAST)
    if device.type == "cuda":
        return [
            OURS,
            Way("ours, bf16, channels last", None, every),
            Way("ours, the same compiled", 0.15, every + COMPILED),
        ]
    return [
        OURS,
        Way("ours, bf16 attack", 0.35, (BF16_ATTACK,)),
        Way("ours, bf16, channels last", 0.35, every),
    ]


class OurStep:
    """The step of ``ancra train``: what a run keeps between its steps is kept here too."""

    def __init__(self, case: Case, way: Way) -> None:
        recipe = changed(case.recipe, way)
        self.case, self.model = case, copy.deepcopy(case.model)
        if recipe.channels_last:
            self.model.to(memory_format=torch.channels_last)
        self.optimiser = new_optimiser(self.model, recipe)
        self.settings = StepSettings(recipe.objective, recipe.attack, recipe.negatives, epoch=0)
        self.stepper = Stepper(self.model, self.optimiser, recipe, Processes(recipe), _tell)

    def __call__(self) -> None:
        case = self.case
        sums = self.stepper.take(case.images, case.labels, self.settings, case.draws())
        self.loss = sums["loss"] / len(case.images)


class Floor:
    """The passes alone: as many as the attack has steps on both halves, and three in training mode, each and back."""

    def __init__(self, case: Case, way: Way) -> None:
        self.recipe = changed(case.recipe, way)
        self.images, self.labels = case.images, case.labels
        self.both = torch.cat([case.images, case.images])
        self.model = copy.deepcopy(case.model)
        if self.recipe.channels_last:
            self.model.to(memory_format=torch.channels_last)
        precision = usable_precision(self.recipe.attack.precision, self.images.device)
        with frozen(self.model):
            fast = surrogate(self.model, self.images[:1], precision, self.recipe.attack.compiled)
        self.copy = as_classifier(fast).eval().requires_grad_(False)
        self.answer = TrainingPass(self.model.train().requires_grad_(), self.recipe, _tell)

    def __call__(self) -> None:
        for _ in range(self.recipe.attack.steps):
            point = self.both.detach().requires_grad_()
            torch.autograd.grad(_summed(self.copy.predict(point)), point)
        self.model.zero_grad(set_to_none=True)
        mixed = self.recipe.precision == "bf16-mixed"
        with torch.autocast(self.images.device.type, torch.bfloat16, enabled=mixed):
            total = torch.stack([_summed(self.answer(self.images, self.labels)) for _ in range(3)]).sum()
        total.backward()


def changed(recipe: Recipe, way: Way) -> Recipe:
    """The recipe as a way of taking steps has it."""
    return parse(Recipe, apply_changes(recipe.model_dump(mode="json"), list(way.changes)), source=way.name)


def _summed(prediction: Prediction) -> Tensor:
    return torch.stack([logits.sum() for logits in (prediction.logits, *prediction.auxiliary)]).sum()


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
