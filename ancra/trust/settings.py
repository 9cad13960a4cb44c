"""The settings of a trust report."""

from pydantic import Field

from ancra.attacks.settings import Threat
from ancra.settings import Settings


class TrustSettings(Settings):
    """Which claim is examined, on which images, and which checks are run."""

    threat: Threat = Field(Threat(), description="The claim: robust accuracy under PGD on p' with this budget.")
    samples: int | None = Field(500, ge=1, description="Images examined, a seeded sample of the split; empty for all.")
    sample_seed: int = Field(0, ge=0, description="Seed of that sample.")
    restarts: int = Field(10, ge=2, le=100, description="Restarts of the convergence check.")
    more_steps: int = Field(5, ge=2, le=100, description="How many times the steps of the convergence check.")
    skip: tuple[str, ...] = Field((), description="Checks left out; the report says that they were not run.")
