"""One picture, and the trace of an attack on it."""

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.pgd import decide, likeliest_wrong, pgd
from ancra.attacks.settings import PRESETS, AttackSettings
from ancra.attacks.trace import AttackTrace, trace_attack
from ancra.data.images import read_image
from app import compute
from app.queueing import Progress

SEARCHED = 120
"""How many test images are searched for one that PGD misses."""


@dataclass(frozen=True)
class Picture:
    """One image to attack.

    Attributes:
        id: names it in caches.
        image: (1, C, H, W) float32 in [0, 1].
        label: its true class.
    """

    id: str
    image: Tensor
    label: int


def picture_of_test(name: str, index: int) -> Picture:
    """Image ``index`` of the test split that a checkpoint's dataset has."""
    image, label = compute.dataset(name).test.batch(slice(index, index + 1))
    return Picture(f"{compute.data_settings(name).digest()}/test/{index}", image, int(label))


def picture_of_upload(name: str, content: bytes, filename: str, label: int) -> Picture:
    """An uploaded file in the shape that a checkpoint takes. Raises AncraError for what is no image."""
    channels, height, width = compute.card(name).image_shape
    image = read_image(content, channels, (height, width), filename).float()[None] / 255
    return Picture(f"upload/{hashlib.sha256(content).hexdigest()[:16]}", image, label)


def natural_logits(name: str, picture: Picture) -> np.ndarray:
    """(K,) the final logits of a model for the picture as it is."""
    return decide(compute.model(name), picture.image)[0].numpy()


def trace(name: str, picture: Picture, settings: AttackSettings, target: int | None, text: str) -> AttackTrace:
    """The trace of an attack on a model, computed once and shared by all sessions."""
    model = compute.model(name)

    def work(progress: Progress) -> AttackTrace:
        labels = torch.tensor([picture.label])
        targets = None if target is None else torch.tensor([target])
        if targets is None and OBJECTIVES[settings.objective].needs_targets:
            targets = likeliest_wrong(decide(model, picture.image), labels, 1)[:, 0]
        return trace_attack(model, picture.image, labels, settings, targets=targets)

    key = (compute.card(name).digest, picture.id, picture.label, settings.digest(), target)
    return compute.ask("trace", key, work, text)


def pair(name: str, picture: Picture, epsilon: float, text: str) -> tuple[AttackTrace, AttackTrace]:
    """The traces of PGD-40 on p' and of adaptive PGD-40, which a verdict on one image rests on."""
    plain, adaptive = (PRESETS[preset].with_changes(epsilon=epsilon) for preset in ("pgd40", "adaptive40"))
    return trace(name, picture, plain, None, text), trace(name, picture, adaptive, None, text)


def missed_by_pgd(name: str, epsilon: float) -> list[int]:
    """The first test images on which PGD-40 on p' fails and the adaptive PGD-40 succeeds, in order."""
    model, split = compute.model(name), compute.dataset(name).test
    images, labels = split.batch(slice(0, min(SEARCHED, len(split))))

    def work(progress: Progress) -> list[int]:
        plain = pgd(model, images, labels, PRESETS["pgd40"].with_changes(epsilon=epsilon))
        progress(1, 2)
        adaptive = pgd(model, images, labels, PRESETS["adaptive40"].with_changes(epsilon=epsilon))
        return (adaptive.success & ~plain.success).nonzero()[:, 0].tolist()

    key = (compute.card(name).digest, compute.data_settings(name).digest(), epsilon)
    return compute.ask("missed", key, work, "Attacking the test images")
