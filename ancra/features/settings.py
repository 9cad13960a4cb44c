"""The settings of a feature set and of a map."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from ancra.attacks.settings import PRESETS
from ancra.errors import unknown_name
from ancra.settings import Settings

Which = Literal["z", "z_prime"]
Metric = Literal["euclidean", "cosine", "correlation"]


class FeatureSettings(Settings):
    """Which features, of which images, under which attack."""

    features: Which = Field("z_prime", description="Features before (z) or after (z') reverse attention.")
    block: int = Field(-1, ge=-8, le=7, description="Which reverse-attention block: 0 is the first, -1 the last.")
    attack: str = Field("natural", description="natural, or an attack's name such as pgd10 or adaptive10.")
    epsilon: float | None = Field(
        None, ge=0, le=100, description="Radius of the attack in [0, 1] pixel values; empty for the checkpoint's own."
    )
    split: Literal["test", "train"] = Field("test", description="Which split the images come from.")
    samples: int | None = Field(1000, ge=1, le=200_000, description="How many images; empty for the whole split.")
    seed: int = Field(0, ge=0, description="Seed of the choice of images.")

    @property
    def source(self) -> str:
        """The digest of what decides the images: settings that differ in the features alone share it."""
        plain = self.with_changes(features="z_prime", block=-1)
        return (plain.with_changes(epsilon=None) if self.attack == "natural" else plain).digest()

    @field_validator("attack")
    @classmethod
    def _known(cls, name: str) -> str:
        if name != "natural" and name not in PRESETS:
            raise unknown_name("attack", name, ["natural", *PRESETS])
        return name


class MapSettings(Settings):
    """How features are laid out in two or three dimensions."""

    method: Literal["umap", "pca", "aligned_umap"] = Field("umap", description="The method that lays the points out.")
    neighbours: int = Field(15, ge=2, le=200, description="Neighbours of each point that UMAP tries to keep.")
    min_dist: float = Field(0.1, ge=0, le=1, description="How close UMAP lets points come on the map.")
    metric: Metric = Field("euclidean", description="Distance between features.")
    densmap: bool = Field(False, description="Keep differences in density, too (densMAP; Narayan et al. 2021).")
    dimensions: Literal[2, 3] = Field(2, description="Dimensions of the map.")
    epochs: int | None = Field(None, ge=1, le=5000, description="Passes of the layout; empty for a number that fits.")
    seed: int = Field(0, ge=0, le=2**31 - 2, description="Seed of the layout.")

    @model_validator(mode="after")
    def _fits_together(self) -> "MapSettings":
        if self.method == "aligned_umap" and self.densmap:
            raise ValueError("AlignedUMAP has no densMAP; choose the method umap or switch densmap off")
        return self


# "reference" is what the public reference implementation draws its figures with (METHOD section 6).
MAP_PRESETS: dict[str, MapSettings] = {
    "plain": MapSettings(),
    "reference": MapSettings(densmap=True, metric="correlation"),
}
