"""A feature set: what one model makes of one sample of images under one condition."""

from dataclasses import dataclass

import numpy as np

from ancra.arrays import FloatArray, IntArray, PixelArray
from ancra.attacks.suite import attack_title
from ancra.data.titles import dataset_title
from ancra.errors import AncraError
from ancra.features.settings import FeatureSettings


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features of N images.

    Attributes:
        features: (N, F) float32, pooled and flattened, z or z' of one block.
        labels: (N,) int64, the true classes.
        predictions: (N,) int64, the classes that the model answers (argmax p').
        confidences: (N,) float32, the probability p' of that class.
        indices: (N,) int64, which images of the split these are, ascending.
        pixels: (N, C, H, W) uint8, 0 ... 255, the images as the model saw them (adversarial ones under an attack).
        dataset: the dataset's name.
        classes: the name of each class.
        settings: what was asked for, with the epsilon that was used.
    """

    features: FloatArray
    labels: IntArray
    predictions: IntArray
    confidences: FloatArray
    indices: IntArray
    pixels: PixelArray
    dataset: str
    classes: tuple[str, ...]
    settings: FeatureSettings

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def condition(self) -> str:
        """The attack in words ("No attack", "PGD-10")."""
        return attack_title(self.settings.attack)


def require_same_images(first: FeatureSet, other: FeatureSet) -> None:
    """Raise AncraError unless two feature sets are of the same images in the same order."""
    if first.dataset != other.dataset or first.classes != other.classes:
        raise AncraError(
            "These features come from different data "
            f"({dataset_title(first.dataset)} with {len(first.classes)} classes, "
            f"{dataset_title(other.dataset)} with {len(other.classes)}): compare models of one dataset."
        )
    same_sample = first.settings.split == other.settings.split and np.array_equal(first.indices, other.indices)
    if not same_sample or not np.array_equal(first.labels, other.labels):
        raise AncraError("These features are of different images: use the same split, number of samples and seed.")
