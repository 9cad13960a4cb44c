"""The settings of an evaluation."""

from pydantic import Field

from ancra.attacks.settings import Norm, Threat
from ancra.settings import Settings


class EvaluationSettings(Settings):
    """Which images are judged, and what the attackers may do."""

    split: str = Field("test", pattern="^(train|test)$", description="Which split of the dataset.")
    samples: int | None = Field(None, ge=1, description="A seeded random sample of this size; empty for all images.")
    norm: Norm = Field("linf", description="The norm that bounds the perturbation.")
    epsilon: float = Field(8 / 255, ge=0, le=100, description="Radius of the ball, in [0, 1] pixel values.")
    steps: int = Field(40, ge=1, le=10_000, description="Gradient steps of each search.")
    step_size: float | None = Field(None, gt=0, description="Length of a step; empty for epsilon / 4.")
    queries: int = Field(1000, ge=1, le=1_000_000, description="Questions that a black-box attack may ask, per image.")
    batch_size: int = Field(256, ge=1, description="Images attacked at once.")
    seed: int = Field(0, ge=0, description="Seed of the sample and of the random starts.")

    @property
    def threat(self) -> Threat:
        """What every attacker may do."""
        return Threat(
            norm=self.norm,
            epsilon=self.epsilon,
            steps=self.steps,
            step_size=self.step_size,
            queries=self.queries,
            seed=self.seed,
        )
