"""Random crops and flips of a whole batch at once, on the batch's device."""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import pad


class Augmentation(Protocol):
    """What ``augment`` reads from a recipe's augmentation settings."""

    @property
    def crop_padding(self) -> int:
        """Pixels of black padding on each side, before a random crop to the original size; 0 for no crop."""
        ...

    @property
    def horizontal_flip(self) -> bool:
        """Whether half of the images are mirrored."""
        ...


def augment(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Crop and flip each image of a batch by its own random draw.

    Args:
        images: (N, C, H, W), any number format.
        settings: crop padding in pixels, horizontal flip.
        generator: source of the draws. One on the CPU gives the same draws whatever the device of the images.

    Returns:
        (N, C, H, W), new images on the same device; ``images`` itself when nothing is to be done.
    """
    padding = settings.crop_padding
    if not padding and not settings.horizontal_flip:
        return images
    count, _, height, width = images.shape
    draw = generator.device
    rows = torch.arange(height, device=draw).expand(count, height)
    columns = torch.arange(width, device=draw).expand(count, width)
    if settings.horizontal_flip:
        flipped = torch.rand(count, 1, generator=generator, device=draw) < 0.5
        columns = torch.where(flipped, width - 1 - columns, columns)
    if padding:
        offsets = torch.randint(0, 2 * padding + 1, (2, count, 1), generator=generator, device=draw)
        rows, columns = rows + offsets[0], columns + offsets[1]
        images = pad(images, (padding,) * 4)
    rows, columns = rows.to(images.device, non_blocking=True), columns.to(images.device, non_blocking=True)
    batch = torch.arange(count, device=images.device)[:, None, None]
    channels_last = images.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]]
    return channels_last.permute(0, 3, 1, 2).contiguous()
