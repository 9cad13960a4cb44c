"""Feature sets of a model: natural, or under an attack."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ancra.arrays import Array
from ancra.attacks.pgd import pgd
from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import NATURAL, Preset, preset
from ancra.attacks.verdict import frozen
from ancra.data.dataset import Dataset
from ancra.errors import AncraError
from ancra.features.feature_set import FeatureSet
from ancra.features.images import chosen_split, sampled
from ancra.features.settings import FeatureSettings
from ancra.models.plain import as_classifier
from ancra.models.prediction import Prediction
from ancra.progress import OnProgress

BATCH = 256


@dataclass(frozen=True, eq=False)
class Extraction:
    """All features of one pass over a sample, so that z, z' and the blocks share one attack.

    Attributes:
        features: (N, F) float32 by name: ``z_prime:0`` ... for each block; ``z:0`` ... where the block has attention.
        shared: the other arrays of a FeatureSet, by their names there.
        blocks: how many blocks there are.
    """

    features: Mapping[str, Array]
    shared: Mapping[str, Array]
    dataset: str
    classes: tuple[str, ...]
    blocks: int

    def select(self, settings: FeatureSettings) -> FeatureSet:
        """The feature set with the chosen features. Raises AncraError when there is no such block."""
        name = feature_name(settings, self.blocks, self.features)
        return FeatureSet(
            self.features[name], **self.shared, dataset=self.dataset, classes=self.classes, settings=settings
        )


def extract_features(
    model: nn.Module, dataset: Dataset, settings: FeatureSettings, on_progress: OnProgress | None = None
) -> FeatureSet:
    """The features of a seeded sample of a split, natural or adversarial.

    Args:
        model: a classifier of this project; it is not changed.
        settings: with an attack, ``epsilon`` must be set.
        on_progress: called with (images done, images in all).

    Raises:
        AncraError: the model gives no such features, or there is no epsilon for the attack.
    """
    return extract_all(model, dataset, settings, on_progress).select(settings)


def extract_all(
    model: nn.Module, dataset: Dataset, settings: FeatureSettings, on_progress: OnProgress | None = None
) -> Extraction:
    """z and z' of every block in one pass; arguments and errors as ``extract_features``."""
    split = chosen_split(dataset, settings)
    indices = sampled(dataset, settings)
    attack = attack_of(settings)
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    parts: list[dict[str, Tensor]] = []
    done = 0
    for chosen in indices.split(BATCH):
        images, labels = split.batch(chosen, device)
        if attack is not None:
            images = _attacked(model, images, labels, attack, settings.epsilon or 0.0, seed=done)
        pixels = (images * 255).round().to(torch.uint8)
        parts.append({**features_at(model, images), "labels": labels.cpu(), "pixels": pixels.cpu()})
        done += len(chosen)
        if on_progress:
            on_progress(done, len(indices))
    arrays = {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}
    features = {name: arrays.pop(name) for name in list(arrays) if ":" in name}
    blocks = sum(name.startswith("z_prime:") for name in features)
    return Extraction(features, {**arrays, "indices": indices.numpy()}, dataset.name, dataset.classes, blocks)


def feature_name(settings: FeatureSettings, blocks: int, known: Mapping[str, object] | list[str]) -> str:
    """The name of the chosen features among those ``known``. Raises AncraError when there is no such block."""
    if not -blocks <= settings.block < blocks:
        raise AncraError(
            f"There is no block {settings.block}: this model has features of {blocks} (choose 0 to {blocks - 1})."
        )
    block = settings.block % blocks
    name = f"{settings.features}:{block}"
    return name if name in known else f"z_prime:{block}"


def features_at(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """What the model makes of images, on the CPU: features by name, ``predictions`` and ``confidences``."""
    with frozen(model), torch.no_grad():
        prediction = as_classifier(model).predict(images)
    confidences, predictions = prediction.logits.float().softmax(dim=1).max(dim=1)
    found = {**_features(prediction), "predictions": predictions, "confidences": confidences}
    return {name: tensor.cpu() for name, tensor in found.items()}


def attack_of(settings: FeatureSettings) -> Preset | None:
    """The attack on the images; None for natural ones. Raises AncraError without an epsilon."""
    if settings.attack == NATURAL:
        return None
    if settings.epsilon is None:
        raise AncraError(f"The attack {settings.attack} needs an epsilon: set one, for example 8/255 (0.031).")
    return preset(settings.attack)


def search_of(settings: FeatureSettings) -> AttackSettings | None:
    """The search of the attack on the images; None for natural ones.

    Raises:
        AncraError: there is no epsilon, or the attack is no search by gradients.
    """
    attack = attack_of(settings)
    return None if attack is None else attack.search(settings.epsilon or 0.0)


def _attacked(model: nn.Module, images: Tensor, labels: Tensor, attack: Preset, epsilon: float, seed: int) -> Tensor:
    if attack.attack.pgd is None:
        return attack.attack.run(model, images, labels, attack.threat(epsilon, seed), "best").images
    generator = torch.Generator(images.device).manual_seed(seed)
    return pgd(model, images, labels, attack.search(epsilon), generator=generator).images


def _features(prediction: Prediction) -> dict[str, Tensor]:
    if not prediction.features_after:
        raise AncraError("This model gives no features to map: use one of this project's architectures.")
    found = {f"z_prime:{block}": tensor.float() for block, tensor in enumerate(prediction.features_after)}
    if prediction.auxiliary:
        found |= {f"z:{block}": tensor.float() for block, tensor in enumerate(prediction.features_before)}
    return found
