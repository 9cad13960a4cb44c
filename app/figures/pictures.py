"""Pictures as pixels: enlarged without blur, perturbations in colour, many in one sprite."""

import base64
import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ancra.web.palette import Palette

Array = np.ndarray


def crisp(image: Array, side: int = 384) -> Array:
    """An image (C, H, W) in [0, 1] as (h, w, 3) uint8, enlarged by a whole factor to at least ``side`` pixels."""
    pixels = (np.clip(image, 0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
    if pixels.shape[2] == 1:
        pixels = pixels.repeat(3, axis=2)
    return enlarge(pixels, side)


def enlarge(pixels: Array, side: int) -> Array:
    """(H, W, 3) repeated by a whole factor until the shorter side has at least ``side`` pixels."""
    factor = max(1, math.ceil(side / min(pixels.shape[:2])))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def perturbation(delta: Array, scale: float, colours: Palette, side: int = 384) -> Array:
    """A signed perturbation (C, H, W) as (h, w, 3) uint8.

    Grey images: darker pixels in blue, brighter ones in orange, unchanged ones in the page's own background. Colour
    images: mid-grey plus the change of each channel. ``scale`` is the change that gets the full colour.
    """
    share = np.clip(delta / scale, -1, 1) if scale > 0 else np.zeros_like(delta)
    if delta.shape[0] != 1:
        return crisp(0.5 + 0.5 * share, side)
    neutral, low, high = (_rgb(colour) for colour in (colours.background, colours.final, colours.adversarial))
    weight = np.abs(share[0])[..., None]
    end = np.where(share[0][..., None] < 0, low, high)
    return enlarge((neutral * (1 - weight) + end * weight).round().astype(np.uint8), side)


def sprite(images: Array, columns: int) -> str:
    """Images (N, C, H, W) in [0, 1] side by side, ``columns`` in a row, as the data URL of one PNG."""
    count, channels, height, width = images.shape
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * columns, channels, height, width), np.float32)
    sheet[:count] = images
    pixels = sheet.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    pixels = (np.clip(pixels.reshape(rows * height, columns * width, channels), 0, 1) * 255).round().astype(np.uint8)
    return data_url(pixels.repeat(3, axis=2) if channels == 1 else pixels)


def data_url(pixels: Array) -> str:
    """(H, W, 3) uint8 as the data URL of a PNG."""
    return "data:image/png;base64," + base64.b64encode(_png(pixels)).decode()


def png(image: Array, side: int = 1) -> bytes:
    """An image (C, H, W) in [0, 1] as a PNG file, enlarged without blur to at least ``side`` pixels; 1 keeps its size.

    Grey images stay grey; the values are rounded to 8 bits.
    """
    pixels = crisp(image, side)
    return _png(pixels[..., 0] if len(image) == 1 else pixels)


def _png(pixels: Array) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _rgb(colour: str) -> Array:
    parts: Sequence[str] = (colour[1:3], colour[3:5], colour[5:7])
    return np.array([int(part, 16) for part in parts], float)
