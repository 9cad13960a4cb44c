"""A trace in few bytes: the directions of its steps, from which the images follow, and what was seen in float16."""

import zlib
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from ancra.arrays import Array
from ancra.attacks.ball import own_starts, project
from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace, recorded_objectives
from ancra.errors import AncraError

SEEN = ("logits", "natural_logits", "auxiliary", "natural_auxiliary", "losses")


def can_pack(settings: AttackSettings) -> bool:
    """Whether the images of an attack follow from its start and the directions of its steps."""
    return settings.norm == "linf" and not settings.leaves_ball


def pack(trace: AttackTrace, settings: AttackSettings) -> bytes:
    """One image's untargeted trace of a search that started where it starts alone.

    Raises:
        AncraError: its images do not follow from directions of Linf steps.
    """
    if not can_pack(settings) or len(trace.natural) != 1 or trace.targets[0] >= 0:
        raise AncraError("Only an untargeted Linf trace of one image can be packed.")
    directions = _directions(torch.from_numpy(trace.natural), torch.from_numpy(trace.images), settings)
    moved, up = directions != 0, directions > 0
    parts = [_changes(moved), _changes(up), trace.gradient_norm.astype("<f4").tobytes()]
    for name in SEEN:
        rounded = _rounded(getattr(trace, name), decides=name != "losses")
        steps = rounded.reshape(len(rounded), -1).view("<u2")
        # What hardly changes from step to step leaves high bytes of 0.
        change = np.diff(steps, axis=0, prepend=np.zeros_like(steps[:1]))
        parts += [(change >> 8).astype(np.uint8).tobytes(), (change & 255).astype(np.uint8).tobytes()]
    return zlib.compress(b"".join(parts), 9)


def unpack(
    packed: bytes, image: Tensor, label: int, settings: AttackSettings, blocks: int, classes: int
) -> AttackTrace:
    """The trace that ``pack`` was given, what was seen rounded to float16.

    Args:
        image: (1, C, H, W), the natural one. label: its class.
        blocks: reverse-attention blocks of the model. classes: that it knows.

    Raises:
        AncraError: these are not the bytes of such a trace.
    """
    steps, pixels = settings.steps, image.numel()
    try:
        reader = _Reader(zlib.decompress(packed))
        moved, up = (reader.bits(steps, pixels) for _ in range(2))
        norms = np.frombuffer(reader.take(4 * (steps + 1)), "<f4").reshape(steps + 1, 1).astype(np.float32)
        shapes = {
            "logits": (steps + 1, 1, classes),
            "natural_logits": (1, classes),
            "auxiliary": (steps + 1, 1, blocks, classes),
            "natural_auxiliary": (1, blocks, classes),
            "losses": (steps + 1, 1, len(recorded_objectives())),
        }
        seen = {name: reader.halves(shapes[name]) for name in SEEN}
        reader.end()
    except (zlib.error, ValueError):
        raise AncraError("A packed trace is damaged, or of another attack or model.") from None
    directions = torch.from_numpy(np.where(moved, np.where(up, 1, -1), 0)).float().view(steps, *image.shape)
    points = [own_starts(image, settings)]
    for direction in directions:
        points.append(project(points[-1] + settings.step_length * direction, image, settings))
    return AttackTrace(
        images=torch.stack(points).numpy(),
        natural=image.numpy(),
        labels=np.array([label]),
        targets=np.array([-1]),
        loss_names=np.array(recorded_objectives()),
        gradient_norm=norms,
        **seen,
    )


def _directions(natural: Tensor, images: Tensor, settings: AttackSettings) -> Array:
    """(S - 1, D) the sign of each step; that of the step before where several lead to the same point."""
    if not torch.equal(images[0], own_starts(natural, settings)):
        raise AncraError("This trace did not start where its image starts alone, so it cannot be packed.")
    found, before = [], torch.ones_like(natural)
    for point, after in pairwise(images):
        chosen = torch.full_like(natural, torch.nan)
        for sign in (torch.zeros_like(natural), -torch.ones_like(natural), torch.ones_like(natural), before):
            leads = project(point + settings.step_length * sign, natural, settings) == after
            chosen = torch.where(leads, sign, chosen)
        if bool(chosen.isnan().any()):
            raise AncraError("This trace does not consist of steps of one length, so it cannot be packed.")
        found.append(chosen.flatten().numpy())
        before = chosen
    return np.stack(found) if found else np.zeros((0, natural.numel()))


def _changes(bits: Array) -> bytes:
    """Bits (S, D) as the changes from step to step."""
    return np.packbits(np.logical_xor(bits, np.concatenate([np.zeros_like(bits[:1]), bits[:-1]]))).tobytes()


def _rounded(values: Array, decides: bool) -> Array:
    """Values in float16; where the largest along the last axis decides, it is still the same one."""
    halves: Array = np.clip(values, -65504, 65504).astype("<f2")
    if decides and halves.size:
        winner = values.argmax(axis=-1)[..., None]
        others = halves.copy()
        np.put_along_axis(others, winner, np.float16(-np.inf), axis=-1)
        least = np.nextafter(others.max(axis=-1, keepdims=True), np.float16(np.inf))
        np.put_along_axis(halves, winner, np.maximum(np.take_along_axis(halves, winner, -1), least), axis=-1)
    return halves


class _Reader:
    """Bytes, read one part after the other. Raises ValueError where there are fewer."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def take(self, count: int) -> bytes:
        part = self._content[self._at : self._at + count]
        if len(part) != count:
            raise ValueError
        self._at += count
        return part

    def bits(self, steps: int, pixels: int) -> Array:
        packed = np.frombuffer(self.take(-(-steps * pixels // 8)), np.uint8)
        changes = np.unpackbits(packed, count=steps * pixels).reshape(steps, pixels)
        return np.logical_xor.accumulate(changes.astype(bool), axis=0)

    def halves(self, shape: tuple[int, ...]) -> Array:
        count = int(np.prod(shape))
        high, low = (np.frombuffer(self.take(count), np.uint8).astype(np.uint16) for _ in range(2))
        changes = ((high << 8) | low).reshape(shape[0], -1)
        return (
            np.add.accumulate(changes, axis=0, dtype=np.uint16)
            .astype("<u2")
            .view("<f2")
            .astype(np.float32)
            .reshape(shape)
        )

    def end(self) -> None:
        if self._at != len(self._content):
            raise ValueError
