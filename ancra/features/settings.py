"""Which features of which images, under which attack."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import NATURAL, plainest, preset
from ancra.checkpoints import Card
from ancra.settings import Line, Settings

Which = Literal["z", "z_prime"]
Metric = Literal["euclidean", "cosine", "correlation"]


class FeatureSettings(Settings):
    """Which features, of which images, under which attack."""

    features: Which = Field("z_prime", description="Features before (z) or after (z') reverse attention.")
    block: int = Field(-1, ge=-8, le=7, description="Which reverse-attention block: 0 is the first, -1 the last.")
    attack: str = Field(
        "natural",
        description="natural, or a named attack, with its number of steps: pgd10, adaptive10.",
    )
    epsilon: float | None = Field(
        None, ge=0, le=100, description="Radius of the attack in [0, 1] pixel values; empty for the checkpoint's own."
    )
    split: Literal["test", "train"] = Field("test", description="Which split the images come from.")
    samples: int | None = Field(1000, ge=1, le=200_000, description="How many images; empty for the whole split.")
    seed: int = Field(0, ge=0, description="Seed of the choice of images.")
    classes: tuple[Line, ...] = Field((), description="Only images of these true classes; empty for all.")
    folder: Path | None = Field(
        None, description="A folder of images instead of the model's own; its classes are known by their names."
    )

    @property
    def part(self) -> str:
        """What the images are, in a word before "images"."""
        return "folder" if self.folder else "training" if self.split == "train" else "test"

    @model_serializer(mode="wrap")
    def _only_what_is_chosen(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Results that were stored before there was such a choice keep their names.
        values: dict[str, Any] = serialise(self)
        return {key: value for key, value in values.items() if key not in ("classes", "folder") or value}

    @property
    def source(self) -> str:
        """The digest of what decides the images: settings that differ in the features alone share it."""
        plain = self.with_changes(features="z_prime", block=-1)
        return (plain.with_changes(epsilon=None) if self.attack == "natural" else plain).digest()

    @field_validator("attack")
    @classmethod
    def _known(cls, name: str) -> str:
        if name != NATURAL:
            preset(name)
        return name


def with_epsilon(settings: FeatureSettings, card: Card) -> FeatureSettings:
    """The settings with the epsilon that will be used: none without an attack, else their own or the recipe's."""
    if settings.attack == "natural":
        return settings.with_changes(epsilon=None)
    if settings.epsilon is not None:
        return settings
    attack = card.recipe.attack if card.recipe else AttackSettings()
    return settings.with_changes(epsilon=attack.epsilon)


def kept_as(settings: FeatureSettings, card: Card) -> str:
    """The digest under which a checkpoint's features and adversarial images are kept.

    Settings that differ in the features alone share it, and so do attacks that are one on a model without auxiliary
    logits: PGD and adaptive PGD.
    """
    plain = settings if card.model.reverse_attention_blocks else settings.with_changes(attack=plainest(settings.attack))
    return plain.source
