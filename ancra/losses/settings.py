"""The settings of a training objective."""

from typing import Literal

from pydantic import Field

from ancra.settings import Settings

Base = Literal["natural", "pgd_at", "trades", "mart"]


class ContrastSettings(Settings):
    """Asymmetric negative contrast (docs/method.md, section 2)."""

    zeta: float = Field(3.0, ge=0, le=1000, description="Weight of the contrast in the whole loss.")
    alpha: float = Field(
        1.0, ge=0, le=1, description="Share of the force on the negative; at 1 the anchor is left where it is."
    )


class ObjectiveSettings(Settings):
    """The training objective (docs/method.md, section 4)."""

    base: Base = Field("trades", description="The adversarial training that the objective builds on.")
    beta: float = Field(6.0, ge=0, le=1000, description="Weight of TRADES' robust term.")
    mart_weight: float = Field(5.0, ge=0, le=1000, description="Weight of MART's robust term.")
    auxiliary_weight: float = Field(2.0, ge=0, le=1000, description="Weight of the auxiliary logits' own terms.")
    contrast: ContrastSettings | None = Field(None, description="Present for ANCRA: the asymmetric negative contrast.")
