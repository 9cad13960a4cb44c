"""Image files grouped by class."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ancra.errors import AncraError

Group = dict[str, list[str]]
"""The names of the images of each class."""


def flatten(group: Group, classes: Sequence[str]) -> tuple[list[str], Tensor]:
    """The names of all images, class after class, and their labels (N,), int64: the places in ``classes``."""
    names = [name for of_class in classes for name in group.get(of_class, ())]
    counts = torch.tensor([len(group.get(of_class, ())) for of_class in classes], dtype=torch.int64)
    return names, torch.arange(len(classes)).repeat_interleave(counts)


def refuse_single_images(root: Path, group: Group) -> None:
    """Raise AncraError when a class has a single image: it cannot be both trained on and held out."""
    single = sorted(name for name, images in group.items() if len(images) == 1)
    if single:
        raise AncraError(
            f"The class {single[0]!r} in {root} has a single image, but one is needed for training and another to be "
            "held out: add images to it or remove its folder."
        )
