"""The settings of an evaluation."""

from pydantic import Field

from ancra.attacks.settings import Threat


class EvaluationSettings(Threat):
    """Which images are judged, beside what the attackers may do; the seed is the sample's too."""

    split: str = Field("test", pattern="^(train|test)$", description="Which split of the dataset.")
    samples: int | None = Field(None, ge=1, description="A seeded random sample of this size; empty for all images.")
    steps: int = Field(40, ge=1, le=10_000, description="Gradient steps of each search.")
    batch_size: int = Field(256, ge=1, description="Images attacked at once.")

    @property
    def threat(self) -> Threat:
        """What every attacker may do."""
        return Threat(**self.model_dump(include=set(Threat.model_fields)))
