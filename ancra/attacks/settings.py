"""The settings of a gradient attack, and what an attacker may do."""

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ancra.settings import Settings

Norm = Literal["linf", "l2"]
Start = Literal["none", "uniform", "gaussian", "n_fgsm"]
Precision = Literal["fp32", "bf16"]
Keep = Literal["best", "last", "first"]

# AutoAttack's targeted attacks try nine classes (Croce and Hein 2020, section 5).
DEFAULT_TARGETS = 9


class Budget(Settings):
    """How far an attacker may go from the image, and how long its search is."""

    norm: Norm = Field("linf", description="The norm that bounds the perturbation.")
    epsilon: float = Field(
        8 / 255, ge=0, le=100, description="Radius of the ball around the image, in [0, 1] pixel values."
    )
    steps: int = Field(10, ge=0, le=10_000, description="Gradient steps.")
    step_size: float | None = Field(
        None, gt=0, le=100, description="Length of a step; empty for epsilon / 4 (epsilon when there is one step)."
    )

    @field_validator("epsilon")
    @classmethod
    def _leaves_something_of_the_image(cls, epsilon: float, info: ValidationInfo) -> float:
        if info.data.get("norm") == "linf" and epsilon > 1:
            raise ValueError(
                f"pixels run from 0 to 1, so in Linf it allows every image at all; did you mean {epsilon:g}/255?"
            )
        return epsilon


class AttackSettings(Budget):
    """Projected gradient descent (Madry et al. 2018) in [0, 1] pixel space; one step from the image is FGSM."""

    start: Start = Field(
        "uniform",
        description="Where the search starts: the image, a random point of the ball, close by, or (training only) "
        "noise of twice epsilon, from which one step leads on without a way back into the ball.",
    )
    restarts: int = Field(
        1, ge=1, le=1000, description="Independent searches; the strongest result of each image counts."
    )
    objective: str = Field("ce", description="What the attacker maximises.")
    targets: int = Field(
        0, ge=0, le=1000, description="Search once for each of this many likeliest wrong classes; 0 for no target."
    )
    targeted: bool = Field(False, description="Drive the image into a chosen class instead of out of its own.")
    keep: Keep = Field(
        "best",
        description="Report the best point of the search, its last, or the first that breaks the image, which ends "
        "its search: the cheapest where only the accuracy counts.",
    )
    precision: Precision = Field(
        "fp32", description="What the search computes in, where the processor can; verdicts are given in fp32."
    )
    compiled: bool = Field(
        False, description="Compile the network for the search: minutes at first, then faster; meant for GPUs."
    )
    seed: int = Field(0, ge=0, description="Seed of the random start.")

    @property
    def step_length(self) -> float:
        """The step size in pixel values; when none was set, epsilon for one step and epsilon / 4 for several."""
        if self.step_size is not None:
            return self.step_size
        return self.epsilon if self.steps == 1 else self.epsilon / 4

    @property
    def leaves_ball(self) -> bool:
        """Whether the images it makes may lie outside the ball: good for training, but no attack to judge by."""
        return self.start == "n_fgsm"

    @model_validator(mode="after")
    def _is_one_step(self) -> Self:
        if self.start == "n_fgsm" and (self.steps != 1 or self.norm != "linf"):
            raise ValueError("the start n_fgsm is for one step in the norm linf: set steps to 1, or another start")
        return self


class Threat(Budget):
    """What an attacker may do: how far, and with how much work. The same for every attack of a comparison."""

    steps: int = Field(40, ge=0, le=10_000, description="Gradient steps of each search.")
    queries: int = Field(1000, ge=1, le=1_000_000, description="Questions that a black-box attack may ask, per image.")
    seed: int = Field(0, ge=0, description="Seed of the random starts.")

    def pgd(self, objective: str = "ce", **changes: object) -> AttackSettings:
        """PGD within this threat."""
        same = self.model_dump(exclude={*type(self).model_fields} - {*Budget.model_fields, "seed"})
        return AttackSettings(**same, objective=objective).with_changes(**changes)
