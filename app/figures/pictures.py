"""Pictures as pixels: enlarged without blur, many in one sprite, and how far changes of them are magnified."""

import base64
import io
import math
from typing import Any

import numpy as np
from PIL import Image

from ancra.arrays import FloatArray, PixelArray


def crisp(image: FloatArray, side: int = 384) -> PixelArray:
    """An image (C, H, W) in [0, 1] as (h, w, 3) uint8, enlarged by a whole factor to at least ``side`` pixels."""
    pixels = (np.clip(image, 0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
    if pixels.shape[2] == 1:
        pixels = pixels.repeat(3, axis=2)
    return enlarge(pixels, side)


def enlarge(pixels: PixelArray, side: int) -> PixelArray:
    """(H, W, 3) repeated by a whole factor until the shorter side has at least ``side`` pixels."""
    factor = max(1, math.ceil(side / min(pixels.shape[:2])))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def scales(widest: float, epsilon: float, grey: bool) -> dict[str, Any]:
    """How widgets draw the change of a pixel: the two scales that a switch chooses from, as `film.js` takes them.

    Args:
        widest: the change that gets the full colour at every epsilon, in [0, 1] pixel values.
        epsilon: the one that gets it where the switch magnifies; at 0 there is nothing to magnify.
        grey: whether images have one channel.
    """
    full = [widest, epsilon] if epsilon > 0 else [widest]
    return {
        "largest": [255 * change for change in full],
        "factors": [f"{1 / change:.3g}" for change in full],
        "tints": "blue darker, orange brighter" if grey else "grey unchanged",
        "grey": grey,
    }


def sprite(images: FloatArray, columns: int) -> str:
    """Images (N, C, H, W) in [0, 1] side by side, ``columns`` in a row, as the data URL of one PNG."""
    count, channels, height, width = images.shape
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * columns, channels, height, width), np.float32)
    sheet[:count] = images
    pixels = sheet.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    pixels = (np.clip(pixels.reshape(rows * height, columns * width, channels), 0, 1) * 255).round().astype(np.uint8)
    return data_url(pixels.repeat(3, axis=2) if channels == 1 else pixels)


def photograph(content: bytes, name: str, side: int) -> tuple[str, float]:
    """All of an image file as a data URL, no side above ``side`` pixels, and its width by its height.

    Raises:
        AncraError: as ``read_whole``.
    """
    from ancra.data.images import read_whole

    pixels, file = read_whole(content, side, name), io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}", pixels.shape[1] / pixels.shape[0]


def data_url(pixels: PixelArray) -> str:
    """(H, W, 3) uint8 as the data URL of a PNG."""
    return "data:image/png;base64," + base64.b64encode(_png(pixels)).decode()


def png(image: FloatArray, side: int = 1) -> bytes:
    """An image (C, H, W) in [0, 1] as a PNG file, enlarged without blur to at least ``side`` pixels; 1 keeps its size.

    Grey images stay grey; the values are rounded to 8 bits.
    """
    pixels = crisp(image, side)
    return _png(pixels[..., 0] if len(image) == 1 else pixels)


def _png(pixels: PixelArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
