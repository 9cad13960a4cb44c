"""One picture, and the trace of an attack on it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from ancra.attacks.pgd import pgd
from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import preset
from ancra.attacks.trace import AttackTrace, recorded_objectives
from ancra.attacks.verdict import decide
from ancra.data.images import read_image
from ancra.origin import Origin
from ancra.reports.traces import trace_origin
from ancra.store import Stored
from app import compute, tracing
from app.queueing import Batched, Progress

SEARCHED = 120
"""How many test images are searched for one that PGD misses."""
LARGEST = 16 * 2**20
"""Traces of more bytes than this are kept in memory only."""
MOST = 32
"""How many images that wait at the same time are attacked in one search."""
TOGETHER = 256 * 2**20
"""Bytes that the points of such a search may take."""


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

Asked = tuple[Picture, int | None]
"""What one request for a trace brings: its picture and the class to reach."""


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
    digest, path = compute.card(name).digest, compute.path(name)
    points = (settings.steps + 1) * picture.image.nbytes
    work = Batched(
        ("trace", digest, settings.digest(), tuple(picture.image.shape), target is None),
        (picture, target),
        lambda asked, _: _traces(path, digest, asked, settings),
        most=max(1, min(MOST, TOGETHER // points)),
    )
    return compute.ask("trace", (digest, picture.digest(target), settings.digest()), work, text)


def origin(name: str, picture: Picture, settings: AttackSettings, target: str | None) -> Origin:
    """Where a file of the attack on a picture is from; ``target`` is the name of the class to reach."""
    number = picture.title.removeprefix("test-image-")
    attack = f"pgd{settings.steps}" if settings.steps > 1 else "fgsm"
    return trace_origin(Path(compute.path(name)), number, attack, settings, target)


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


def _traces(path: str, digest: str, asked: Sequence[Asked], settings: AttackSettings) -> list[AttackTrace]:
    """The traces of several images, each the same as alone: those that are stored, and the others in one search."""
    store = compute.store()
    keys = [("trace", digest, settings.digest(), picture.digest(target)) for picture, target in asked]
    found = [
        _usable(store.get(*key)) if picture.stored else None for key, (picture, _) in zip(keys, asked, strict=True)
    ]
    missing = [row for row, trace in enumerate(found) if trace is None]
    if missing:
        for row, made in zip(missing, _made(path, digest, [asked[row] for row in missing], settings), strict=True):
            found[row] = made
            if asked[row][0].stored and sum(array.nbytes for array in made.arrays().values()) <= LARGEST:
                store.put(*keys[row], arrays=made.arrays(), meta={"settings": settings.model_dump(mode="json")})
    return [trace for trace in found if trace is not None]


def _made(path: str, digest: str, asked: Sequence[Asked], settings: AttackSettings) -> list[AttackTrace]:
    images, labels = torch.cat([picture.image for picture, _ in asked]), [picture.label for picture, _ in asked]
    targets = [target for _, target in asked if target is not None]
    return compute.workers().run(
        tracing.traces, path, digest, images, labels, targets or None, settings, compute.device()
    )


def _usable(stored: Stored | None) -> AttackTrace | None:
    """The stored trace, unless another version wrote it with other objectives or fields."""
    if stored is None or {field.name for field in fields(AttackTrace)} != set(stored.arrays):
        return None
    found = AttackTrace(**stored.arrays)
    return found if found.loss_names.tolist() == recorded_objectives() else None
