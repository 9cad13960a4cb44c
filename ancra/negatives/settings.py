"""The settings of a negative strategy: a picker and a perturbation, two independent choices."""

from typing import Literal

from pydantic import Field

from ancra.settings import Settings


class NegativeSettings(Settings):
    """How each anchor gets its negative (METHOD section 3); ``PRESETS`` holds the four rows of the paper's Table 2."""

    picker: str = Field("random", description="Which image of another class: random, soft_ls, hard_ls or easy.")
    perturbation: Literal["none", "targeted_attack"] = Field(
        "targeted_attack", description="Whether it is then perturbed until it is predicted as the anchor's class."
    )
    warmup_epochs: int = Field(10, ge=0, description="Epochs at the start that always pick at random.")


PRESETS: dict[str, NegativeSettings] = {
    "random": NegativeSettings(picker="random", perturbation="none"),
    "soft_ls": NegativeSettings(picker="soft_ls", perturbation="none"),
    "hard_ls": NegativeSettings(picker="hard_ls", perturbation="none"),
    "targeted_attack": NegativeSettings(picker="random", perturbation="targeted_attack"),
}
TITLES: dict[str, str] = {
    "random": "Random",
    "soft_ls": "Soft-LS",
    "hard_ls": "Hard-LS",
    "targeted_attack": "Targeted attack",
}
