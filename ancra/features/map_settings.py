"""What is mapped and how: which images, which attack, which features, which layout."""

from pydantic import Field

from ancra.checkpoints import Card
from ancra.errors import AncraError, unknown_name
from ancra.features.settings import MAP_PRESETS, FeatureSettings, MapSettings
from ancra.features.stored import with_epsilon
from ancra.settings import Settings, parse


class ModelMapSettings(Settings):
    """Which images, which attack, which features, and how they are laid out."""

    features: FeatureSettings = Field(
        FeatureSettings(attack="pgd10"),
        description="The features; with an attack natural and adversarial share one map.",
    )
    layout: MapSettings = Field(MapSettings(), description="How they are laid out.")


def map_settings(
    attack: str, epsilon: float | None, features: str, block: int, samples: int | None, layout: str, seed: int
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
    chosen = {"features": kind, "block": block, "attack": attack, "epsilon": epsilon, "samples": samples, "seed": seed}
    parsed = parse(FeatureSettings, chosen, source="The features")
    return ModelMapSettings(features=parsed, layout=MAP_PRESETS[layout].with_changes(seed=seed))


def settle(card: Card, settings: ModelMapSettings) -> ModelMapSettings:
    """The settings that name a checkpoint's map: the epsilon filled in; z is z' where there is no reverse attention."""
    features = with_epsilon(settings.features, card)
    if not card.model.reverse_attention_blocks:
        features = features.with_changes(features="z_prime", block=-1)
    return settings.model_copy(update={"features": features})
