"""A dataset: two splits of images and labels, and the names of the classes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ancra.errors import AncraError


@dataclass(frozen=True)
class Split:
    """Images and labels of one split, kept as integers until a batch is asked for.

    Attributes:
        images: (N, C, H, W), uint8, 0 ... pixel_max.
        labels: (N,), int64.
        pixel_max: the integer that stands for 1.0 (255 for files; 16 for digits).

    Raises:
        AncraError: images that are no integers 0 ... pixel_max, or labels that are no whole numbers, one an image.
    """

    images: Tensor
    labels: Tensor
    pixel_max: int = 255

    def __post_init__(self) -> None:
        if self.images.dim() != 4 or self.images.dtype != torch.uint8:
            raise AncraError(
                f"A split keeps images (N, C, H, W) as uint8, 0 to {self.pixel_max}; got {self.images.dtype} "
                f"{tuple(self.images.shape)}: of images in [0, 1] keep (255 * images).round().to(torch.uint8)."
            )
        if self.labels.shape != self.images.shape[:1]:
            raise AncraError(f"{len(self.images)} images need as many labels; got shape {tuple(self.labels.shape)}.")
        whole = self.labels.to(torch.int64)
        if not torch.equal(whole.to(self.labels.dtype), self.labels):
            raise AncraError(f"Labels must be whole numbers, one class an image; got {self.labels.dtype}.")
        object.__setattr__(self, "labels", whole)

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: Tensor | slice = slice(None), device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
        """Images (n, C, H, W) as float32 in [0, 1] and labels (n,), on ``device``."""
        return _take(self.images, indices).to(device) / self.pixel_max, _take(self.labels, indices).to(device)

    def subset(self, indices: Tensor | slice) -> "Split":
        """The split of the images at ``indices``."""
        return Split(_take(self.images, indices), _take(self.labels, indices), self.pixel_max)

    def sample(self, count: int | None, seed: int = 0) -> Tensor:
        """Indices of a seeded random sample of ``count`` images, ascending; all for None or a count too large."""
        return sample(len(self), count, seed)


@dataclass(frozen=True)
class Dataset:
    """Two splits and what the classes are called.

    Attributes:
        name: the registry's name.
        classes: the name of each class, in the order of the labels.
        training: the training split, or what reads it when it is first asked for.
        test: the test split.
        ids: what else each class can be called by (its WordNet id), in the same order; empty for none.
    """

    name: str
    classes: tuple[str, ...]
    training: Split | Callable[[], Split]
    test: Split
    ids: tuple[str, ...] = ()

    @cached_property
    def train(self) -> Split:
        """The training split. Raises AncraError where its images are not there: testing needs none of them."""
        return self.training if isinstance(self.training, Split) else self.training()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of every image."""
        channels, height, width = self.test.images.shape[1:]
        return channels, height, width


def sample(total: int, count: int | None, seed: int = 0) -> Tensor:
    """``count`` of the numbers below ``total``, ascending, a seeded random sample; all for None or a count too large.

    Of one seed a smaller sample is part of a larger one.
    """
    if count is None or count >= total:
        return torch.arange(total)
    generator = torch.Generator().manual_seed(seed)
    return torch.randperm(total, generator=generator)[:count].sort().values


def _take(values: Tensor, indices: Tensor | slice) -> Tensor:
    # For whole images index_select copies blocks, several times as fast as values[indices].
    if isinstance(indices, Tensor) and indices.dtype == torch.int64 and indices.ndim == 1:
        return values.index_select(0, indices)
    return values[indices]
