"""The features that one map lays out: natural, and with an attack the adversarial ones below them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ancra.arrays import FloatArray
from ancra.features.feature_set import FeatureSet, require_same_images
from ancra.features.store import checkpoint_features
from ancra.maps.settings import ResolvedMap
from ancra.progress import OnProgress, subprogress
from ancra.store import Store


@dataclass(frozen=True, eq=False)
class Mapped:
    """What is laid out together.

    Attributes:
        natural: the features of the N images.
        attacked: those of their adversarial versions; None without an attack.
        settings: what they were made with.
    """

    natural: FeatureSet
    attacked: FeatureSet | None
    settings: ResolvedMap

    @property
    def sets(self) -> list[FeatureSet]:
        """The natural and, with an attack, the adversarial feature set."""
        return [self.natural] if self.attacked is None else [self.natural, self.attacked]

    @cached_property
    def points(self) -> FloatArray:
        """(M, F) the features of all points, natural ones first: M = N or 2N."""
        return np.concatenate([each.features for each in self.sets])


def mapped_features(
    path: Path, settings: ResolvedMap, store: Store, device: str = "cpu", on_progress: OnProgress | None = None
) -> Mapped:
    """The features of a checkpoint's map on its own dataset, from the store or computed and stored.

    Args:
        on_progress: called with (hundredths done, 100).

    Raises:
        AncraError: the checkpoint or its images cannot be read, or it has no such features.
    """
    say = subprogress(on_progress)
    plain = settings.features.with_changes(attack="natural", epsilon=None)
    natural = checkpoint_features(path, plain, store, device, say(0, 12)).features
    attacked = None
    if settings.features.attack != "natural":
        attacked = checkpoint_features(path, settings.features, store, device, say(12, 100)).features
        require_same_images(natural, attacked)
    return Mapped(natural, attacked, settings)
