"""Traces in the store: under the digests of the checkpoint, of the attack and of the image."""

from dataclasses import fields

from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace, recorded_objectives
from ancra.store import Store, Stored

KIND = "trace"
LARGEST = 16 * 2**20
"""A trace of more bytes than this is not kept."""


def find_trace(store: Store, checkpoint: str, attack: str, image: str) -> AttackTrace | None:
    """The stored trace of one image; None where there is none that this version can read.

    Args:
        checkpoint, attack: their digests. image: the digest of its pixels, its class and the class to reach.
    """
    return _usable(store.get(KIND, checkpoint, attack, image))


def keep_trace(store: Store, checkpoint: str, settings: AttackSettings, image: str, trace: AttackTrace) -> None:
    """Keep the trace of one image, unless it is too large."""
    if sum(array.nbytes for array in trace.arrays().values()) <= LARGEST:
        meta = {"settings": settings.model_dump(mode="json")}
        store.put(KIND, checkpoint, settings.digest(), image, arrays=trace.arrays(), meta=meta)


def _usable(stored: Stored | None) -> AttackTrace | None:
    """The stored trace, unless another version wrote it with other objectives or fields."""
    if stored is None or {field.name for field in fields(AttackTrace)} != set(stored.arrays):
        return None
    found = AttackTrace(**stored.arrays)
    return found if found.loss_names.tolist() == recorded_objectives() else None
