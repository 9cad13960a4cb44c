"""One picture, and the trace of an attack on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace
from ancra.attacks.trace_store import find_packed, find_trace, image_digest
from ancra.data.images import read_image
from ancra.origin import Origin
from ancra.reports.shipped_traces import verdict_attacks
from ancra.reports.traces import trace_origin
from app import compute
from app.engine.kinds.attacks import Attacked, searched
from app.engine.request import Request

SEARCHED = 120
"""How many test images are searched for one that PGD misses."""
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
        return image_digest(self.image, self.label, target)


@dataclass(frozen=True)
class Part:
    """The part of a photograph that a model is shown, as ``read_image`` takes it."""

    zoom: float = 1.0
    centre: tuple[float, float] = (0.5, 0.5)


WHOLE = Part()

Wish = tuple[str, Picture, AttackSettings, int | None]
"""A checkpoint, a picture, an attack on it, and the class to reach; None for any."""

Key = tuple[str, str, str]
"""What names a trace: the digests of the checkpoint, of the attack and of the picture with its target."""


def picture_of_test(name: str, index: int) -> Picture:
    """Image ``index`` of the test split that a checkpoint's dataset has."""
    image, label = compute.dataset(name).test.batch(slice(index, index + 1))
    return Picture(image, int(label), f"test-image-{index}")


def picture_of_upload(name: str, content: bytes, filename: str, label: int, part: Part = WHOLE) -> Picture:
    """A part of an uploaded file in the shape that a checkpoint takes. Raises AncraError for what is no image."""
    channels, height, width = compute.card(name).image_shape
    image = read_image(content, channels, (height, width), filename, part.zoom, part.centre).float()[None] / 255
    return Picture(image, label, Path(filename).stem or "upload", stored=False)


def trace(name: str, picture: Picture, settings: AttackSettings, target: int | None, text: str) -> AttackTrace:
    """The trace of an attack on a model: from memory, from the disk, or computed once, for all sessions.

    Traces of test images are stored, so that they outlive the server; a person's own pictures are not.
    """
    return traces([(name, picture, settings, target)], text)[0]


def origin(name: str, picture: Picture, settings: AttackSettings, target: str | None) -> Origin:
    """Where a file of the attack on a picture is from; ``target`` is the name of the class to reach."""
    number = picture.title.removeprefix("test-image-")
    attack = f"pgd{settings.steps}" if settings.steps > 1 else "fgsm"
    return trace_origin(Path(compute.path(name)), number, attack, settings, target)


def pair(name: str, picture: Picture, epsilon: float, text: str) -> tuple[AttackTrace, AttackTrace]:
    """The traces of PGD-40 on p' and of adaptive PGD-40, which a verdict on one image rests on."""
    plain, adaptive = traces([(name, picture, each, None) for each in verdict_attacks(epsilon)], text)
    return plain, adaptive


def traces(asked: Sequence[Wish], text: str) -> list[AttackTrace]:
    """Several traces, those that have to be computed all at the same time."""
    asked = [(name, picture, _plainest(name, attack), target) for name, picture, attack, target in asked]
    found = [_found(*each) for each in asked]
    missing = [_trace(*each) for each, trace in zip(asked, found, strict=True) if trace is None]
    made = iter(compute.ask_all(missing, text) if missing else [])
    return [trace or next(made) for trace in found]


def _plainest(name: str, settings: AttackSettings) -> AttackSettings:
    """The same attack, under one name for a model on which several objectives are one."""
    simpler = OBJECTIVES[settings.objective].falls_back
    has_auxiliary = compute.card(name).model.reverse_attention_blocks > 0
    return settings if simpler is None or has_auxiliary else settings.with_changes(objective=simpler)


def missed_by_pgd(name: str, epsilon: float) -> list[int]:
    """The first test images on which PGD-40 on p' fails and the adaptive PGD-40 succeeds, in order."""
    compute.require_images(name)
    asked = compute.request("missed", name, epsilon, SEARCHED)
    return compute.ask(asked, (*compute.subject(name), epsilon), "Attacking the test images")


def _trace(name: str, picture: Picture, settings: AttackSettings, target: int | None) -> tuple[Request, Key]:
    own = picture.digest(target)
    points = (settings.steps + 1) * picture.image.nbytes
    asked = compute.request(
        "trace",
        name,
        searched(settings),
        Attacked(picture.image, picture.label, target, own if picture.stored else None, settings.objective),
        alike=(tuple(picture.image.shape), target is None),
        most=max(1, min(MOST, TOGETHER // points)),
    )
    return asked, (asked.source.digest, settings.digest(), own)


def _found(name: str, picture: Picture, settings: AttackSettings, target: int | None) -> AttackTrace | None:
    """A trace that is in memory, stored, or comes with the project."""
    card, store = compute.card(name), compute.store()
    key = (card.digest, settings.digest(), picture.digest(target))

    def find() -> AttackTrace | None:
        found = find_trace(store, *key)
        if found is not None or target is not None:
            return found
        blocks, classes = card.model.reverse_attention_blocks, len(card.classes)
        return find_packed(store, card.digest, settings, picture.image, picture.label, blocks, classes)

    return compute.recall("trace", key, find if picture.stored else lambda: None)
