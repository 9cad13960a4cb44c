"""Splitting by a seed, with every class in both parts."""

import torch
from torch import Tensor


def stratified_split(labels: Tensor, fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """Split indices so that each class is divided alike, with at least one image on each side.

    Args:
        labels: (N,), integers; each class that occurs has two images or more.
        fraction: share of the second part.
        seed: of the choice.

    Returns:
        The indices of the first (larger) and of the second part, ascending.

    Raises:
        ValueError: a class has a single image.
    """
    generator = torch.Generator().manual_seed(seed)
    second = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        members = (labels == label).nonzero().flatten()
        if len(members) < 2:
            raise ValueError(f"class {int(label)} has a single image")
        count = min(max(round(len(members) * fraction), 1), len(members) - 1)
        second[members[torch.randperm(len(members), generator=generator)[:count]]] = True
    return (~second).nonzero().flatten(), second.nonzero().flatten()
