"""What is mapped and how: which images, which attack, which features, which layout."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from ancra.checkpoints import Card
from ancra.errors import AncraError, unknown_name
from ancra.features.settings import FeatureSettings, Metric, with_epsilon
from ancra.settings import Settings, parse


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


# "reference" is what the public reference implementation draws its figures with (docs/method.md, section 6).
MAP_PRESETS: dict[str, MapSettings] = {
    "plain": MapSettings(),
    "reference": MapSettings(densmap=True, metric="correlation"),
}


class ModelMapSettings(Settings):
    """Which images, which attack, which features, and how they are laid out."""

    features: FeatureSettings = Field(
        FeatureSettings(attack="pgd10"),
        description="The features; with an attack natural and adversarial share one map.",
    )
    layout: MapSettings = Field(MapSettings(), description="How they are laid out.")


class ResolvedMap(ModelMapSettings):
    """The same with nothing left open for one checkpoint: what ``resolve`` gives, and all that makes maps takes."""


def map_settings(
    attack: str,
    epsilon: float | None,
    features: str,
    block: int,
    samples: int | None,
    layout: str,
    seed: int,
    split: str = "test",
    classes: Sequence[str] = (),
    folder: Path | None = None,
) -> ModelMapSettings:
    """Settings from words, as a command line has them; ``features`` is z or z', ``layout`` a name in ``MAP_PRESETS``.

    Raises:
        AncraError: an unknown word, or a number out of range.
    """
    if layout not in MAP_PRESETS:
        raise unknown_name("layout", layout, MAP_PRESETS)
    kind = {"z'": "z_prime", "z′": "z_prime"}.get(features, features)
    if kind not in ("z", "z_prime"):
        raise AncraError(f"There are no features named {features!r}: choose z' or z.")
    chosen: dict[str, Any] = {
        "features": kind,
        "block": block,
        "attack": attack,
        "epsilon": epsilon,
        "samples": samples,
        "seed": seed,
    }
    chosen |= {"split": split, "classes": tuple(classes), "folder": folder}
    parsed = parse(FeatureSettings, chosen, source="The features")
    return ModelMapSettings(features=parsed, layout=MAP_PRESETS[layout].with_changes(seed=seed))


def resolve(card: Card, asked: ModelMapSettings, aligned: bool = False) -> ResolvedMap:
    """What a checkpoint's map is made with, decided once, where somebody asks for it.

    The epsilon is filled in, z is z' where there is no reverse attention, and AlignedUMAP is UMAP for a model alone.

    Args:
        aligned: whether the map is laid out with those of other models.
    """
    features, layout = with_epsilon(asked.features, card), asked.layout
    if not card.model.reverse_attention_blocks:
        features = features.with_changes(features="z_prime", block=-1)
    if layout.method == "aligned_umap" and not aligned:
        layout = layout.with_changes(method="umap")
    return ResolvedMap(features=features, layout=layout)
