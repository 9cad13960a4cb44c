"""Thumbnails of many images as one picture."""

import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ancra.arrays import PixelArray
from ancra.errors import AncraError

LARGEST = 32
"""Pixels of a thumbnail's longer side."""


@dataclass(frozen=True)
class SpriteSheet:
    """One PNG that holds N thumbnails, row by row.

    Attributes:
        png: the file's bytes.
        count: how many thumbnails; number i lies in column ``i % columns`` and row ``i // columns``.
        tile: (width, height) of a thumbnail in pixels.
    """

    png: bytes
    count: int
    columns: int
    tile: tuple[int, int]


def sprite_sheet(pixels: PixelArray, largest: int = LARGEST) -> SpriteSheet:
    """A sheet of thumbnails.

    Args:
        pixels: (N, C, H, W) uint8 with 1 or 3 channels, 0 ... 255.
        largest: bigger images are shrunk until their longer side has this many pixels.
    """
    if pixels.ndim != 4 or pixels.shape[1] not in (1, 3) or len(pixels) == 0:
        raise AncraError("Thumbnails need at least one image of 1 or 3 channels.")
    pixels = _shrink(pixels, largest)
    count, channels, height, width = pixels.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    padded = np.zeros((rows * columns, channels, height, width), np.uint8)
    padded[:count] = pixels
    grid = padded.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    sheet = grid.reshape(rows * height, columns * width, channels)
    buffer = io.BytesIO()
    Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet).save(buffer, "PNG")
    return SpriteSheet(buffer.getvalue(), count, columns, (width, height))


def _shrink(pixels: PixelArray, largest: int) -> PixelArray:
    """Shrink by averaging whole blocks of pixels; what is left over at the edges is cut off."""
    factor = math.ceil(max(pixels.shape[2:]) / largest)
    if factor == 1:
        return pixels
    count, channels, height, width = pixels.shape
    high, wide = max(1, height // factor), max(1, width // factor)
    blocks = pixels[:, :, : high * factor, : wide * factor]
    blocks = blocks.reshape(count, channels, high, blocks.shape[2] // high, wide, blocks.shape[3] // wide)
    return blocks.mean(axis=(3, 5)).round().astype(np.uint8)
