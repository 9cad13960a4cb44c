"""Traces in the store: each under the digests of checkpoint, attack and image, or many packed into one file."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields

import numpy as np
from torch import Tensor

from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace, recorded_objectives
from ancra.attacks.trace_pack import unpack
from ancra.errors import AncraError
from ancra.store import Store, Stored

KIND = "trace"
PACKED = ("traces-story", "traces-first")
"""The kinds of packed traces: of the image that a page's story is told on, and of a test split's first images."""
LARGEST = 16 * 2**20
"""A trace of more bytes than this is not kept."""


def image_digest(image: Tensor, label: int, target: int | None = None) -> str:
    """16 hexadecimal digits that name an image (1, C, H, W), its class and the class to reach."""
    content = hashlib.sha256(image.contiguous().numpy().tobytes())
    content.update(f"{tuple(image.shape)} {label} {target}".encode())
    return content.hexdigest()[:16]


def find_trace(store: Store, checkpoint: str, attack: str, image: str) -> AttackTrace | None:
    """The stored trace of one image; None where there is none that this version can read.

    Args:
        checkpoint, attack: their digests. image: as ``image_digest`` names it.
    """
    return _usable(store.get(KIND, checkpoint, attack, image))


def keep_trace(store: Store, checkpoint: str, settings: AttackSettings, image: str, trace: AttackTrace) -> None:
    """Keep the trace of one image, unless it is too large."""
    if sum(array.nbytes for array in trace.arrays().values()) <= LARGEST:
        meta = {"settings": settings.model_dump(mode="json")}
        store.put(KIND, checkpoint, settings.digest(), image, arrays=trace.arrays(), meta=meta)


def find_packed(
    store: Store, checkpoint: str, settings: AttackSettings, image: Tensor, label: int, blocks: int, classes: int
) -> AttackTrace | None:
    """The packed trace of an image (1, C, H, W), untargeted; None where there is none that this version can read.

    Args:
        checkpoint: its digest. blocks: its reverse-attention blocks. classes: that it knows.
    """
    name = image_digest(image, label)
    for kind in PACKED:
        stored = store.get(kind, checkpoint, settings.digest())
        if stored is None or not {"images", "ends", "packed"} <= set(stored.arrays):
            continue
        rows = np.flatnonzero(stored.arrays["images"] == name)
        if len(rows):
            begin, end = [0, *stored.arrays["ends"]][rows[0] :][:2]
            try:
                return unpack(stored.arrays["packed"][begin:end].tobytes(), image, label, settings, blocks, classes)
            except AncraError:
                return None
    return None


def keep_packed(
    store: Store, kind: str, checkpoint: str, settings: AttackSettings, traces: Mapping[str, bytes]
) -> None:
    """Keep packed traces, by the names of their images, as one of the kinds of ``PACKED``."""
    arrays = {
        "images": np.array([*traces]),
        "ends": np.cumsum([len(each) for each in traces.values()]),
        "packed": np.frombuffer(b"".join(traces.values()), np.uint8),
    }
    store.put(kind, checkpoint, settings.digest(), arrays=arrays, meta={"settings": settings.model_dump(mode="json")})


def _usable(stored: Stored | None) -> AttackTrace | None:
    """The stored trace, unless another version wrote it with other objectives or fields."""
    if stored is None or {field.name for field in fields(AttackTrace)} != set(stored.arrays):
        return None
    found = AttackTrace(**stored.arrays)
    return found if found.loss_names.tolist() == recorded_objectives() else None
