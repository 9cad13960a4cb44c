"""The settings of a negative strategy: a picker and a perturbation, two independent choices."""

from typing import Any, Literal

from pydantic import Field, model_validator

from ancra.settings import Settings


class NegativeSettings(Settings):
    """How each anchor gets its negative (docs/method.md, section 3); ``PRESETS``: the four rows of the paper's Table 2.

    ``strategy`` may be given instead of a picker and a perturbation: the name of a preset, or of a picker without one.
    """

    picker: str = Field("random", description="Which image of another class: random, soft_ls, hard_ls or easy.")
    perturbation: Literal["none", "targeted_attack"] = Field(
        "targeted_attack", description="Whether it is then perturbed until it is predicted as the anchor's class."
    )
    warmup_epochs: int = Field(10, ge=0, description="Epochs at the start that always pick at random.")

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "strategy" not in data:
            return data
        rest = {key: value for key, value in data.items() if key != "strategy"}
        name = str(data["strategy"])
        chosen = PRESETS.get(name)
        picker, perturbation = (chosen.picker, chosen.perturbation) if chosen else (name, "none")
        return {**rest, "picker": picker, "perturbation": perturbation}


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
