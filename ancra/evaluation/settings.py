"""The settings of an evaluation."""

from pydantic import Field

from ancra.attacks.settings import AttackSettings
from ancra.settings import Settings


class EvaluationSettings(Settings):
    """Which images are judged, and by how strong an attack."""

    split: str = Field("test", pattern="^(train|test)$", description="Which split of the dataset.")
    samples: int | None = Field(None, ge=1, description="A seeded random sample of this size; empty for all images.")
    epsilon: float = Field(8 / 255, ge=0, le=100, description="Radius of the ball, in [0, 1] pixel values.")
    steps: int = Field(40, ge=1, le=10_000, description="Steps of PGD and of adaptive PGD.")
    step_size: float | None = Field(None, gt=0, description="Length of a step; empty for epsilon / 4.")
    batch_size: int = Field(256, ge=1, description="Images attacked at once.")
    seed: int = Field(0, ge=0, description="Seed of the sample and of the random starts.")

    def attack(self, objective: str) -> AttackSettings:
        """PGD with these settings and an objective."""
        return AttackSettings(
            epsilon=self.epsilon, steps=self.steps, step_size=self.step_size, objective=objective, seed=self.seed
        )
