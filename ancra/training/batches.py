"""Which images are trained on and which are held out, and the parts of a batch that processes share."""

from itertools import pairwise

import torch

from ancra.data.dataset import Split
from ancra.errors import AncraError


def hold_out(split: Split, fraction: float, seed: int) -> tuple[Split, Split]:
    """Part a split into training and validation images, class by class; a class with one image keeps it for training.

    Raises:
        AncraError: there are too few images to train on the one part and validate on the other.
    """
    count = len(split)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    order = order[split.labels[order].sort(stable=True).indices]  # by class, random within a class
    sizes = torch.bincount(split.labels)
    first = (sizes.cumsum(0) - sizes)[split.labels[order]]
    held = (torch.arange(count) - first) < (sizes * fraction).round().long().minimum(sizes - 1)[split.labels[order]]
    if not held.any() and count > 2:
        held[(sizes.cumsum(0) - sizes)[sizes.argmax()]] = True
    if not held.any() or int((~held).sum()) < 2:
        raise AncraError(f"{count} training images are too few to hold some out for validation; add images.")
    return split.subset(order[~held].sort().values), split.subset(order[held].sort().values)


def parts_of(count: int, parts: int) -> list[slice]:
    """Rows 0 ... count in ``parts`` runs of nearly the same length.

    No run is of a single row, for BatchNorm needs two: where there are too few rows the last runs are empty.
    """
    used = max(1, min(parts, count // 2))
    ends = [count * number // used for number in range(1, used + 1)] + [count] * (parts - used)
    return [slice(start, end) for start, end in pairwise([0, *ends])]


def on_device(split: Split, device: torch.device, limit: int = 4 * 1024**3) -> Split:
    """The split on the device as a whole, so that no step waits for a copy; a split above ``limit`` bytes stays."""
    if split.images.numel() * split.images.element_size() > limit:
        return split
    return Split(split.images.to(device), split.labels.to(device), split.pixel_max)
