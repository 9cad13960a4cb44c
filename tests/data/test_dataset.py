"""Splits: batches, parts, samples."""

import pytest
import torch
from torch import Tensor

from ancra.data.dataset import Dataset, Split


@pytest.fixture
def split() -> Split:
    images = torch.arange(10 * 3 * 4 * 5).remainder(256).to(torch.uint8).reshape(10, 3, 4, 5)
    return Split(images, torch.arange(10))


@pytest.mark.parametrize(
    "indices", [torch.tensor([3, 0, 3]), slice(2, 5), slice(None), torch.arange(10) % 2 == 0], ids=str
)
def test_batch_is_exact(split: Split, indices: Tensor | slice) -> None:
    images, labels = split.batch(indices)
    assert images.dtype == torch.float32
    assert torch.equal(images, split.images[indices].float() / 255)
    assert torch.equal(labels, torch.arange(10)[indices])
    part = split.subset(indices)
    assert torch.equal(part.images, split.images[indices])
    assert torch.equal(part.batch()[0], images)


def test_sample_is_seeded_and_ascending(split: Split) -> None:
    drawn = split.sample(4, seed=1)
    assert drawn.tolist() == sorted(set(drawn.tolist()))
    assert torch.equal(drawn, split.sample(4, seed=1))
    assert any(not torch.equal(drawn, split.sample(4, seed=seed)) for seed in range(2, 6))
    assert len(split.sample(None)) == len(split.sample(99)) == 10


def test_image_shape(split: Split) -> None:
    assert Dataset("none", ("a",), split, split).image_shape == (3, 4, 5)
