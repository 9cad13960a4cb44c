"""The order of images in an epoch, and the seeds it follows from: nothing is remembered."""

import hashlib

import torch
from torch import Tensor


def derived_seed(seed: int, *purpose: str | int) -> int:
    """A seed for one purpose; different purposes get unrelated seeds."""
    text = ":".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def epoch_batches(count: int, batch_size: int, seed: int) -> list[Tensor]:
    """Indices of each batch of an epoch, shuffled. A last batch of one image is left out: BatchNorm needs two."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return [batch for batch in order.split(batch_size) if len(batch) > 1]
