"""One image, and the steps of an attack on it, placed on a map that was laid out without them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ancra.arrays import FloatArray, IntArray
from ancra.attacks.suite import attack_title
from ancra.features.extraction import features_at, search_of
from ancra.features.settings import FeatureSettings
from ancra.features.trajectory import chosen_features, features_along
from ancra.maps.inputs import Mapped
from ancra.maps.model_map import ModelMap
from ancra.maps.projection import project


@dataclass(frozen=True, eq=False)
class ImageTrajectory:
    """The way of one image over a map: the image itself, then the start and every step of the attack.

    Attributes:
        titles: what each place is called.
        positions: (S, d) where they would lie: projected, because the map was not laid out for them.
        predictions: (S,) int64; confidences: (S,) float32, the probability p' of the predicted class.
        distance: (S,) float32, to the nearest mapped point, in typical distances between mapped neighbours.
    """

    titles: tuple[str, ...]
    positions: FloatArray
    predictions: IntArray
    confidences: FloatArray
    distance: FloatArray


def place_image(
    model: nn.Module, image: Tensor, label: int, mapped: Mapped, shown: ModelMap, settings: FeatureSettings
) -> ImageTrajectory:
    """Place an image and the steps of an attack on it.

    Args:
        image: (1, C, H, W) in [0, 1], on the model's device.
        label: its true class, which the attack leads away from.
        mapped: the features that the map was laid out from.
        settings: the attack, with its epsilon; the features as they are mapped.

    Raises:
        AncraError: the model gives other features than the mapped ones.
    """
    attack = search_of(settings)
    found, titles = [features_at(model, image)], ["Natural"]
    if attack is not None:
        labels = torch.tensor([label], device=image.device)
        steps = range(attack.steps + 1)
        found += features_along(model, image, labels, attack, steps)
        name = attack_title(settings.attack)
        titles += [f"{name}, start", *(f"{name}, step {step} of {attack.steps}" for step in steps[1:])]
    features = torch.cat([chosen_features(each, settings) for each in found]).numpy()
    there = project(features, mapped.points, shown.positions, mapped.settings.layout)
    return ImageTrajectory(
        tuple(titles),
        there.positions,
        torch.cat([each["predictions"] for each in found]).numpy(),
        torch.cat([each["confidences"] for each in found]).numpy(),
        there.distance,
    )
