"""Looking up what is stored of a checkpoint; a file that is there but cannot be used is named, not passed over."""

from collections.abc import Callable

from ancra.checkpoints import Card
from ancra.errors import AncraError
from ancra.evaluation.subject import Subject, subjects_of
from ancra.store import Store, Stored

Key = tuple[str, ...]
"""A kind of result, then the digests it is stored under."""


def find_stored(card: Card, store: Store, key_of: Callable[[Subject], Key]) -> tuple[Key, Stored] | None:
    """The first result that is stored under one of the names of a checkpoint, with its key; None when there is none.

    Args:
        key_of: the key of the result under such a name.

    Raises:
        AncraError: a file is there that cannot be used.
    """
    for subject in subjects_of(card):
        key = key_of(subject)
        stored = read_stored(store, *key)
        if stored is not None:
            return key, stored
    return None


def read_stored(store: Store, *key: str) -> Stored | None:
    """A stored result, or None. Raises AncraError when there is a file for this key that cannot be used."""
    stored = store.get(*key)
    if stored is None and store.find(*key) is not None:
        raise misfit(store, *key)
    return stored


def misfit(store: Store, *key: str) -> AncraError:
    """The error for a stored result that is damaged, or belongs to another checkpoint or other images."""
    return AncraError(
        f"The stored result {store.find(*key)} does not fit this checkpoint: it is damaged, or was made with other "
        "weights or images; evaluate again to replace it."
    )
