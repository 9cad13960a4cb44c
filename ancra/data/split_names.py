"""Which part of a data set a folder's name stands for: its training, its testing, images without classes."""

import re
from collections.abc import Iterable

TRAIN = ("train", "training")
TEST = ("test", "testing", "val", "valid", "validation", "dev", "eval", "evaluation")
"""The words for a part to test on, the first of which is taken."""
_UNKNOWN = frozenset({"unlabelled", "unlabeled", "unsupervised", "unsup"})
_GENERAL = _UNKNOWN | {"set", "sets", "data", "split", "images", "image", "imgs", "img", "pictures", "photos"}


def split_of(folder: str) -> str | None:
    """The word of ``TRAIN`` or ``TEST`` that a name says, as ``Test`` and ``Valid-images`` do; else None."""
    words = _words(folder)
    said = [word for word in words if word in TRAIN + TEST]
    return said[0] if len(said) == 1 and set(words) - {said[0]} <= _GENERAL else None


def is_unlabelled(folder: str) -> bool:
    """Whether a name says that its images have no classes."""
    return bool(_UNKNOWN & set(_words(folder)))


def mixed(folders: Iterable[str]) -> tuple[str, str] | None:
    """Two folders, the names of which say a part and a class at once, as ``train_cat`` and ``test_cat``; else None."""
    found: dict[str, dict[str, str]] = {}
    for folder in sorted(folders):
        words = _words(folder)
        for word in {words[0], words[-1]} & {*TRAIN, *TEST} if len(words) > 1 else ():
            found.setdefault(" ".join(each for each in words if each != word), {})[word] = folder
    for parts in found.values():
        trained, tested = ([parts[word] for word in parts if word in kind] for kind in (TRAIN, TEST))
        if trained and tested:
            return trained[0], tested[0]
    return None


def _words(folder: str) -> list[str]:
    return re.split(r"[\W_]+", folder.strip().lower())
