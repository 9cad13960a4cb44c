"""A sample of images at every step of an attack, placed on the model's map of natural images."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ancra.arrays import Array, FloatArray, IntArray
from ancra.checkpoints import load_checkpoint, read_card
from ancra.errors import AncraError
from ancra.features.extraction import search_of
from ancra.features.images import images_digest, load_images
from ancra.features.settings import FeatureSettings
from ancra.features.trajectory import extract_path
from ancra.maps.inputs import mapped_features
from ancra.maps.making import model_map
from ancra.maps.model_map import ModelMap
from ancra.maps.projection import project
from ancra.maps.settings import ResolvedMap
from ancra.progress import OnProgress, subprogress
from ancra.store import Store

KIND = "map-steps"
MOST_IMAGES = 200  # Followed through the attack.
MOST_MAPPED = 1000  # Natural images that they are placed between.


@dataclass(frozen=True, eq=False)
class AttackSteps:
    """N images on their way: natural, then at the S - 1 points of the search.

    Attributes:
        shown: the map of natural images, laid out without the attack.
        features: the settings of the attacked features, with the epsilon that was used.
        rows: (N,) which of the mapped images are followed.
        titles: (S,) what each stage is called.
        positions: (S, N, 2) places; all after the first are projected.
        predictions: (S, N) int64; confidences: (S, N) float32, the probability p' of the predicted class.
    """

    shown: ModelMap
    features: FeatureSettings
    rows: IntArray
    titles: tuple[str, ...]
    positions: FloatArray
    predictions: IntArray
    confidences: FloatArray

    @property
    def changed(self) -> float:
        """Share of the images whose predicted class after the last step is not that of the natural image."""
        return float((self.predictions[-1] != self.predictions[0]).mean())


def attack_steps(
    path: Path,
    settings: ResolvedMap,
    store: Store | None = None,
    device: str = "cpu",
    on_progress: OnProgress | None = None,
) -> AttackSteps:
    """The way of a seeded sample through an attack, from the store or computed and stored.

    Args:
        settings: with an attack; at most ``MOST_IMAGES`` of its sample are followed.
        on_progress: called with (hundredths done, 100).

    Raises:
        AncraError: there is no attack, or the checkpoint or its images cannot be read or mapped.
    """
    store, say = store or Store(), subprogress(on_progress)
    card = read_card(path)
    asked = settings.features
    attack = search_of(asked)
    if attack is None:
        raise AncraError("There are no steps without an attack: choose one, for example PGD-10.")
    natural = natural_settings(settings)
    shown = model_map(path, natural, store, device, say(0, 50))
    features = asked.with_changes(samples=min(asked.samples or MOST_IMAGES, MOST_IMAGES))

    def make() -> tuple[Mapping[str, Array], dict[str, Any]]:
        from ancra.device import resolve_device

        mapped = mapped_features(path, natural, store, device, say(50, 60))
        model, _ = load_checkpoint(path, resolve_device(device))
        dataset = load_images(card, features).dataset
        found = extract_path(model, dataset, features, range(attack.steps + 1), say(60, 95))
        rows = np.searchsorted(shown.indices, found.indices)  # The smaller sample is part of the larger one.
        places = [project(step, mapped.points, shown.positions, natural.layout).positions for step in found.features]
        return {
            "rows": rows,
            "positions": np.stack([shown.positions[rows], *places]),
            "predictions": np.concatenate([shown.predictions[rows][None], found.predictions]),
            "confidences": np.concatenate([shown.confidences[rows][None], found.confidences]),
        }, {}

    digest = settings.model_copy(update={"features": features}).digest()
    stored = store.remember(KIND, card.digest, images_digest(card, features), natural.digest(), digest, make=make)
    titles = ("Natural", "Start of the search", *(f"Step {step}" for step in range(1, attack.steps + 1)))
    return AttackSteps(shown, features, titles=titles, **stored.arrays)


def natural_settings(settings: ResolvedMap) -> ResolvedMap:
    """The map of natural images that the steps are placed on."""
    asked = settings.features
    fewer = min(asked.samples or MOST_MAPPED, MOST_MAPPED)
    plain = asked.with_changes(attack="natural", epsilon=None, samples=fewer)
    return settings.model_copy(update={"features": plain})
