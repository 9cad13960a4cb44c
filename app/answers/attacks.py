"""One picture, and the trace of an attack on it."""

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.pgd import pgd
from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import preset
from ancra.attacks.trace import AttackTrace, recorded_objectives, trace_attack
from ancra.attacks.verdict import decide, likeliest_wrong
from ancra.data.images import read_image
from ancra.models.classifier import Classifier
from ancra.store import Stored
from app import compute
from app.queueing import Progress

SEARCHED = 120
"""How many test images are searched for one that PGD misses."""
LARGEST = 16 * 2**20
"""Traces of more bytes than this are kept in memory only."""


@dataclass(frozen=True)
class Picture:
    """One image to attack.

    Attributes:
        image: (1, C, H, W) float32 in [0, 1].
        label: its true class.
        title: what it is called.
        stored: whether results on it may be kept on the disk.
    """

    image: Tensor
    label: int
    title: str
    stored: bool = True

    def digest(self, target: int | None = None) -> str:
        """16 hexadecimal digits that name its pixels, its class and a target."""
        content = hashlib.sha256(self.image.contiguous().numpy().tobytes())
        content.update(f"{tuple(self.image.shape)} {self.label} {target}".encode())
        return content.hexdigest()[:16]


@dataclass(frozen=True)
class Part:
    """The part of a photograph that a model is shown, as ``read_image`` takes it."""

    zoom: float = 1.0
    centre: tuple[float, float] = (0.5, 0.5)


WHOLE = Part()


def picture_of_test(name: str, index: int) -> Picture:
    """Image ``index`` of the test split that a checkpoint's dataset has."""
    image, label = compute.dataset(name).test.batch(slice(index, index + 1))
    return Picture(image, int(label), f"test-image-{index}")


def picture_of_upload(name: str, content: bytes, filename: str, label: int, part: Part = WHOLE) -> Picture:
    """A part of an uploaded file in the shape that a checkpoint takes. Raises AncraError for what is no image."""
    channels, height, width = compute.card(name).image_shape
    image = read_image(content, channels, (height, width), filename, part.zoom, part.centre).float()[None] / 255
    return Picture(image, label, Path(filename).stem or "upload", stored=False)


def guess(name: str, picture: Picture) -> int:
    """The class that a model takes a picture for."""
    return int(decide(compute.model(name), picture.image)[0].argmax())


def trace(name: str, picture: Picture, settings: AttackSettings, target: int | None, text: str) -> AttackTrace:
    """The trace of an attack on a model: from memory, from the disk, or computed once, for all sessions.

    Traces of test images are stored, so that they outlive the server; a person's own pictures are not.
    """
    digest, model = compute.card(name).digest, compute.model(name)

    def work(progress: Progress) -> AttackTrace:
        if not picture.stored:
            return _attack(model, picture, settings, target)
        store, key = compute.store(), ("trace", digest, settings.digest(), picture.digest(target))
        found = _usable(store.get(*key))
        if found is None:
            found = _attack(model, picture, settings, target)
            if sum(array.nbytes for array in found.arrays().values()) <= LARGEST:
                store.put(*key, arrays=found.arrays(), meta={"settings": settings.model_dump(mode="json")})
        return found

    return compute.ask("trace", (digest, picture.digest(target), settings.digest()), work, text)


def pair(name: str, picture: Picture, epsilon: float, text: str) -> tuple[AttackTrace, AttackTrace]:
    """The traces of PGD-40 on p' and of adaptive PGD-40, which a verdict on one image rests on."""
    plain, adaptive = (preset(attack).search(epsilon) for attack in ("pgd40", "adaptive40"))
    return trace(name, picture, plain, None, text), trace(name, picture, adaptive, None, text)


def missed_by_pgd(name: str, epsilon: float) -> list[int]:
    """The first test images on which PGD-40 on p' fails and the adaptive PGD-40 succeeds, in order."""
    model, split = compute.model(name), compute.dataset(name).test
    images, labels = split.batch(slice(0, min(SEARCHED, len(split))))

    def work(progress: Progress) -> list[int]:
        plain = pgd(model, images, labels, preset("pgd40").search(epsilon))
        progress(1, 2)
        adaptive = pgd(model, images, labels, preset("adaptive40").search(epsilon))
        return (adaptive.success & ~plain.success).nonzero()[:, 0].tolist()

    key = (*compute.subject(name), epsilon)
    return compute.ask("missed", key, work, "Attacking the test images")


def _attack(model: Classifier, picture: Picture, settings: AttackSettings, target: int | None) -> AttackTrace:
    labels = torch.tensor([picture.label])
    targets = None if target is None else torch.tensor([target])
    if targets is None and OBJECTIVES[settings.objective].needs_targets:
        targets = likeliest_wrong(decide(model, picture.image), labels, 1)[:, 0]
    return trace_attack(model, picture.image, labels, settings, targets=targets)


def _usable(stored: Stored | None) -> AttackTrace | None:
    """The stored trace, unless another version wrote it with other objectives or fields."""
    if stored is None or {field.name for field in fields(AttackTrace)} != set(stored.arrays):
        return None
    found = AttackTrace(**stored.arrays)
    return found if found.loss_names.tolist() == recorded_objectives() else None
