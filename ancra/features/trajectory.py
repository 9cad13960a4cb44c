"""The way of the features through an attack, step by step, to be watched on a map."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ancra.arrays import Array, FloatArray, IntArray
from ancra.attacks.search import search
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import frozen
from ancra.data.dataset import Dataset
from ancra.errors import AncraError
from ancra.features.extraction import BATCH, feature_name, features_at, search_of
from ancra.features.images import chosen_split, sampled
from ancra.features.settings import FeatureSettings
from ancra.progress import OnProgress


@dataclass(frozen=True, eq=False)
class AttackPath:
    """N images at S steps of one search (the first search, whatever an attack's restarts).

    Attributes:
        steps: (S,) int64, the steps, ascending; 0 is the start of the search.
        features: (S, N, F) float32.
        predictions: (S, N) int64; confidences: (S, N) float32, the probability p' of the predicted class.
        indices: (N,) int64, which images of the split these are.
    """

    steps: IntArray
    features: FloatArray
    predictions: IntArray
    confidences: FloatArray
    indices: IntArray


def extract_path(
    model: nn.Module,
    dataset: Dataset,
    settings: FeatureSettings,
    steps: Sequence[int] | None = None,
    on_progress: OnProgress | None = None,
) -> AttackPath:
    """The features of a seeded sample of a split at steps of an attack.

    Args:
        settings: with an attack and an epsilon.
        steps: which ones; by default about eight from the start to the end.

    Raises:
        AncraError: there is no attack, a step is beyond its end, or the model gives no such features.
    """
    attack = search_of(settings)
    if attack is None:
        raise AncraError("The way through an attack needs an attack: choose one, for example pgd10.")
    wanted = sorted({*steps} if steps is not None else {round(s) for s in np.linspace(0, attack.steps, 9)})
    if not wanted or wanted[0] < 0 or wanted[-1] > attack.steps:
        raise AncraError(f"The attack {settings.attack} has the steps 0 to {attack.steps}; choose among them.")
    split = chosen_split(dataset, settings)
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    indices = sampled(dataset, settings)
    parts: list[list[Array]] = []
    done = 0
    for chosen in indices.split(BATCH):
        images, labels = split.batch(chosen, device)
        generator = torch.Generator(device).manual_seed(attack.seed + done)
        rows = [
            (chosen_features(found, settings), found["predictions"], found["confidences"])
            for found in features_along(model, images, labels, attack, wanted, generator)
        ]
        parts.append([torch.stack(column).numpy() for column in zip(*rows, strict=True)])
        done += len(chosen)
        if on_progress:
            on_progress(done, len(indices))
    features, predictions, confidences = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
    return AttackPath(np.array(wanted), features, predictions, confidences, indices.numpy())


def features_along(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    attack: AttackSettings,
    wanted: Collection[int],
    generator: torch.Generator | None = None,
) -> Iterator[dict[str, Tensor]]:
    """What the model makes of images (N, C, H, W) at the wanted steps of an attack, as ``features_at`` gives it."""
    with frozen(model):
        for step in search(model, images, labels, attack, generator):
            if step.index in wanted:
                yield features_at(model, step.images)


def chosen_features(found: Mapping[str, Tensor], settings: FeatureSettings) -> Tensor:
    """(N, F) the features that the settings ask for, by ``features_at``. Raises AncraError for no such block."""
    return found[feature_name(settings, sum(key.startswith("z_prime:") for key in found), found)]
