"""A recipe: everything that decides what a training run does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from ancra.attacks.settings import AttackSettings, Start
from ancra.data.settings import DataSettings
from ancra.errors import AncraError, unknown_name
from ancra.losses.settings import ObjectiveSettings
from ancra.models.settings import ModelSettings
from ancra.negatives.settings import NegativeSettings
from ancra.paths import recipes_folder
from ancra.settings import Line, Settings, Words, differences, read_yaml

LABELS = {"name", "title", "description"}  # what a recipe is called, not what it does


class OptimiserSettings(Settings):
    """Stochastic gradient descent."""

    learning_rate: float = Field(0.1, gt=0, le=100, description="Learning rate at its highest.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum.")
    nesterov: bool = Field(False, description="Nesterov's form of momentum.")
    weight_decay: float = Field(5e-4, ge=0, le=1, description="Weight decay.")


class ScheduleSettings(Settings):
    """How the learning rate falls."""

    kind: Literal["constant", "steps", "cosine", "one_cycle"] = Field(
        "steps", description="Constant, in steps, along a cosine to 0, or in straight lines up and down to 0."
    )
    warmup_epochs: int = Field(
        0,
        ge=0,
        description="Epochs in which the learning rate rises linearly from 0; one_cycle takes 2/5 of them all for 0.",
    )
    milestones: tuple[int, ...] = Field((75, 90, 100), description="steps: the epochs after which it is multiplied.")
    factor: float = Field(0.1, gt=0, le=1, description="steps: what it is multiplied by.")


class AugmentationSettings(Settings):
    """How training images are varied."""

    crop_padding: int = Field(0, ge=0, le=64, description="Random crop after padding by this many pixels; 0 for none.")
    horizontal_flip: bool = Field(False, description="Mirror half of the images.")


class ValidationSettings(Settings):
    """What is measured after each epoch, on images held out of the training split."""

    fraction: float = Field(0.1, gt=0, lt=1, description="Share of the training split held out.")
    samples: int = Field(512, ge=1, description="At most this many of the held-out images are used.")
    steps: int = Field(10, ge=1, le=1000, description="Steps of PGD and of adaptive PGD.")
    metric: Literal["adaptive", "pgd", "natural"] = Field(
        "adaptive", description="The accuracy by which the best epoch is told."
    )


class EarlyStoppingSettings(Settings):
    """When a run ends before its last epoch."""

    patience: int = Field(
        0, ge=0, description="End after this many epochs without a better validation.metric; 0 for never."
    )
    overfitting: bool = Field(
        False,
        description="End when accuracy under one step jumps while PGD accuracy falls (catastrophic overfitting).",
    )


class TrainingAttackSettings(AttackSettings):
    """The attack that makes training images adversarial: close to the image, on all of the model's answers."""

    start: Start = Field("gaussian", description="Where the search starts.")
    objective: str = Field("joint", description="What the attacker maximises.")


class Recipe(Settings):
    """A training set-up: data, model, objective, attack, optimiser, schedule, seed."""

    name: Line = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="Short name: lower case, digits, dashes.")
    title: Line = Field(description="The name shown to people, as the paper writes it.")
    description: Words = Field("", description="One sentence about it.")
    data: DataSettings = DataSettings()
    model: ModelSettings = ModelSettings()
    objective: ObjectiveSettings = ObjectiveSettings()
    attack: TrainingAttackSettings = Field(
        TrainingAttackSettings(step_size=0.007),
        description="The attack that makes the training images adversarial.",
    )
    negatives: NegativeSettings = NegativeSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    validation: ValidationSettings = ValidationSettings()
    early_stopping: EarlyStoppingSettings = EarlyStoppingSettings()
    epochs: int = Field(120, ge=1, le=10_000, description="Passes over the training images.")
    steps_per_epoch: int | None = Field(
        None, ge=1, description="At most this many steps an epoch, to try a recipe out; empty for all images."
    )
    batch_size: int = Field(128, ge=2, le=65_536, description="Images a step, on all processes together.")
    accumulate: int = Field(
        1,
        ge=1,
        description="Compute a batch in this many parts, to save memory; the same step but for BatchNorm, which sees "
        "each part by itself.",
    )
    ema_decay: float = Field(
        0,
        ge=0,
        lt=1,
        description="Average the weights over the steps with this decay, as in 0.999, and validate and keep the "
        "average; 0 for none.",
    )
    epsilon_ramp: float = Field(
        0, ge=0, le=1, description="Share of the epochs over which epsilon rises from 0 to its value."
    )
    keep_epochs: bool = Field(
        False, description="Keep the model of every epoch, and map them all for the Feature maps page."
    )
    test_attacks: tuple[str, ...] = Field(
        (),
        description="Attacks that judge the finished model on the test images; worst adds the worst case. "
        "What they find is kept in the checkpoint's card.",
    )
    device: str = Field("auto", description="auto, cpu, cuda or mps.")
    precision: Literal["32-true", "bf16-mixed"] = Field("32-true", description="Number format of the forward passes.")
    channels_last: bool = Field(False, description="Keep images as pixels of channels: faster on GPUs with bf16.")
    compile: bool = Field(
        False, description="Compile the training passes: minutes at first, then faster; meant for GPUs."
    )
    seed: int = Field(0, ge=0, description="Seed of everything random in the run.")

    def rooted(self) -> "Recipe":
        """The recipe with the full path of its data, so that a run may be resumed from another folder."""
        if self.data.root is None:
            return self
        return self.with_changes(data=self.data.with_changes(root=self.data.root.absolute()).model_dump())

    def trains_as(self, other: "Recipe") -> bool:
        """Whether both are the same training; where its images lie is no part of it."""
        ours, theirs = (each.model_copy(update={"data": each.data.with_changes(root=None)}) for each in (self, other))
        return ours == theirs

    def is_longer(self, other: "Recipe") -> bool:
        """Whether this is the other training with more epochs."""
        return self.epochs > other.epochs and self.trains_as(other.model_copy(update={"epochs": self.epochs}))

    @model_validator(mode="after")
    def _fits_together(self) -> "Recipe":
        if self.objective.base != "natural" and self.attack.epsilon == 0:
            raise ValueError("adversarial training needs attack.epsilon above 0")
        if self.objective.base == "natural" and self.objective.contrast is not None:
            raise ValueError("the contrast belongs to adversarial training: choose the base pgd_at, trades or mart")
        if 2 * self.accumulate > self.batch_size and self.accumulate > 1:
            raise ValueError("accumulate leaves parts of fewer than 2 images: lower it, or raise batch_size")
        return self


def recipe_names() -> list[str]:
    """The names of the recipes that come with the project."""
    return sorted(path.stem for path in recipes_folder().glob("*.yaml"))


def load_recipe(name_or_path: str) -> Recipe:
    """A recipe by its name or from a YAML file. Raises AncraError."""
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise AncraError(f"There is no recipe file {path}.")
        return read_yaml(Recipe, path)
    if name_or_path not in recipe_names():
        raise unknown_name("recipe", name_or_path, recipe_names())
    return read_yaml(Recipe, recipes_folder() / f"{name_or_path}.yaml")


def recipe_differences(recipes: Sequence[Recipe]) -> dict[str, list[Any]]:
    """As ``ancra.settings.differences``: the settings in which recipes differ, whatever they are called."""
    return differences([recipe.model_dump(mode="json", exclude=LABELS) for recipe in recipes])


def recipe_changes(base: Recipe, recipe: Recipe) -> dict[str, tuple[Any, Any]]:
    """What a recipe changes in another one: by dotted path, the old and the new value of each setting that it has."""
    found = recipe_differences([recipe, base])
    return {path: (old, new) for path, (new, old) in found.items() if new is not ...}
