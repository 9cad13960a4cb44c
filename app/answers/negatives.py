"""The negatives that every strategy picks for the anchors of one batch."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ancra.attacks.pgd import decide
from ancra.attacks.settings import AttackSettings
from ancra.losses.contrast import similarity
from ancra.negatives.settings import PRESETS
from ancra.negatives.strategy import select_negatives
from app import compute
from app.queueing import Progress

Array = np.ndarray


@dataclass(frozen=True)
class Picked:
    """What one strategy picked for N anchors.

    Attributes:
        images: (N, C, H, W) the negatives, after the perturbation if the strategy has one; natural: before it.
        labels: (N,) their own labels. predicted: (N,) predicted classes of ``images``; natural_predicted: before.
        similarity: (N,) with the anchor, as the contrast measures it on p'; natural_similarity: before.
        fallback: (N,) bool, Random stepped in. valid: (N,) bool, false where the batch has no other class.
        found: (N,) how many images of the batch met the condition.
    """

    images: Array
    natural: Array
    labels: Array
    predicted: Array
    natural_predicted: Array
    similarity: Array
    natural_similarity: Array
    fallback: Array
    valid: Array
    found: Array


@dataclass(frozen=True)
class Batch:
    """The anchors (images (N, C, H, W), labels and predicted classes (N,)), and each strategy's picks by its name."""

    images: Array
    labels: Array
    predicted: Array
    picked: dict[str, Picked]


def negatives(name: str, split: str, count: int, seed: int, attack: AttackSettings) -> Batch:
    """The four strategies of the paper's Table 2 on one seeded batch, without warm-up.

    Args:
        name: the checkpoint. split: "train" or "test". count: images in the batch.
        seed: of the batch, of Random and of the perturbation's start.
        attack: the targeted attack's epsilon, steps and objective.
    """
    model, data = compute.model(name), compute.dataset(name)
    part = data.train if split == "train" else data.test
    images, labels = part.batch(part.sample(count, seed))

    def work(progress: Progress) -> Batch:
        logits = decide(model, images)
        picked = {}
        for done, (strategy, settings) in enumerate(PRESETS.items()):
            progress(done, len(PRESETS))
            picks = select_negatives(model, images, labels, settings, attack, torch.Generator().manual_seed(seed))
            before, after = decide(model, picks.natural), decide(model, picks.images)
            picked[strategy] = Picked(
                images=picks.images.numpy(),
                natural=picks.natural.numpy(),
                labels=picks.labels.numpy(),
                predicted=after.argmax(dim=1).numpy(),
                natural_predicted=before.argmax(dim=1).numpy(),
                similarity=_similarity(logits, after, picks.picks.valid),
                natural_similarity=_similarity(logits, before, picks.picks.valid),
                fallback=picks.picks.fallback.numpy(),
                valid=picks.picks.valid.numpy(),
                found=picks.picks.candidates.sum(dim=1).numpy(),
            )
        return Batch(images.numpy(), labels.numpy(), logits.argmax(dim=1).numpy(), picked)

    settings_key = (split, count, seed, attack.digest())
    key = (compute.card(name).digest, compute.data_settings(name).digest(), *settings_key)
    return compute.ask("negatives", key, work, "Picking negatives")


def _similarity(anchor: Tensor, negative: Tensor, valid: Tensor) -> Array:
    return torch.where(valid, similarity(anchor, negative), torch.zeros(())).numpy()
