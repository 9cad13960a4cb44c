"""Reading image files that anybody may have sent: safely, and into one shape."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from ancra import limits
from ancra.arrays import Array, PixelArray
from ancra.data.files import READS_HEIF
from ancra.errors import AncraError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
"""What is decoded. Other formats of Pillow are left out: some of them start outside programs."""

ASSUMED = {
    "frames": "several frames or pages, of which the first is taken",
    "fractions": "numbers with fractions, of which 1 is taken for white, or 255 where any is above 1",
    "cut": "numbers below black or above white (65,535 for whole numbers), which are cut off there",
    "dark": "no number above an eighth of white (65,535 for whole numbers), which are read as nearly black",
}
"""What is taken for granted of an image, each as what it has."""

_MODES = {1: "L", 3: "RGB"}


def read_image(
    source: Path | BinaryIO | bytes,
    channels: int,
    size: tuple[int, int],
    name: str | None = None,
    zoom: float = 1.0,
    centre: tuple[float, float] = (0.5, 0.5),
) -> Tensor:
    """Read an image, turn it upright, and fill ``size`` with a part of it, by default all of its middle.

    The first frame of an animation counts; transparent parts show white; CMYK, palettes and 16-bit grey are converted.
    The aspect is kept: the image is resized (bicubic, antialiased) to cover ``size``, then cropped.

    Args:
        source: a file's path, an open binary file, or its bytes.
        channels: 1 for grey, 3 for colour.
        size: (height, width) in pixels.
        name: what error messages call the image; by default its path.
        zoom: 1 takes the largest part of the form of ``size``, 2 one of half its width and height.
        centre: where that part lies, from (0, 0), left and top, to (1, 1).

    Returns:
        (channels, height, width), uint8, 0 ... 255.

    Raises:
        AncraError: not an image, broken, or too large.
    """
    height, width = size
    # Large JPEGs are decoded at a fraction of their size, twice what is needed at least.
    least = int(2 * max(size) * zoom)
    picture = _decoded(source, channels, name, least, lambda whole: _part(whole, width, height, zoom, centre))
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def read_whole(source: Path | BinaryIO | bytes, side: int, name: str | None = None) -> PixelArray:
    """Read all of an image as ``read_image`` does, (H, W, 3) uint8, made smaller until no side is above ``side``.

    Raises:
        AncraError: not an image, broken, or too large.
    """

    def smaller(whole: Image.Image) -> Image.Image:
        whole.thumbnail((side, side))
        return whole

    return _decoded(source, 3, name, side, smaller)


def _decoded(
    source: Path | BinaryIO | bytes,
    channels: int,
    name: str | None,
    least: int,
    change: Callable[[Image.Image], Image.Image],
) -> PixelArray:
    """An image, upright and changed, as (H, W, channels); ``least`` pixels of its sides are enough."""
    name = name or (str(source) if isinstance(source, Path) else getattr(source, "name", None) or "The file")
    try:
        image = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=_formats())
        with image:
            if image.width * image.height > limits.PIXELS or max(image.size) > limits.PIXEL_SIDE:
                raise _too_large(name)
            image.draft(None, (least, least))
            picture = change(_to_mode(ImageOps.exif_transpose(image), _MODES[channels]))
    except AncraError:
        raise
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise AncraError(f"{name} cannot be read: {error.strerror}.") from None
    except Image.DecompressionBombError:
        raise _too_large(name) from None
    except Exception:  # Pillow raises almost anything for broken bytes
        raise AncraError(
            f"{name} is not a readable image (damaged, cut off or of another kind): replace it by a PNG or JPEG."
        ) from None
    return np.array(picture, dtype=np.uint8).reshape(picture.height, picture.width, channels)


def assumed(source: bytes) -> tuple[str, ...]:
    """What ``read_image`` takes for granted of an image: keys of ``ASSUMED``; nothing of one that cannot be read."""
    try:
        with Image.open(io.BytesIO(source), formats=_formats()) as image:
            found = ["frames"] if getattr(image, "n_frames", 1) > 1 else []
            if image.width * image.height <= limits.PIXELS and (image.mode == "F" or image.mode.startswith("I")):
                values = np.asarray(image)
                low, high = float(values.min()), float(values.max())
                top = 65535 if image.mode != "F" else 1 if high <= 1 else 255
                found += ["cut"] if low < 0 or high > top else ["dark"] if 0 < high < top / 8 else []
                found += ["fractions"] if image.mode == "F" else []
    except Exception:  # Pillow raises almost anything for broken bytes
        return ()
    return tuple(found)


@cache
def _formats() -> tuple[str, ...]:
    """``FORMATS``, and HEIF where pillow-heif is installed, which is made known to Pillow."""
    if not READS_HEIF:
        return FORMATS
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
    return (*FORMATS, "HEIF")


def _part(image: Image.Image, width: int, height: int, zoom: float, centre: tuple[float, float]) -> Image.Image:
    if zoom == 1:
        return ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC, centering=centre)
    scale = min(image.width / width, image.height / height) / zoom
    left, top = (image.width - width * scale) * centre[0], (image.height - height * scale) * centre[1]
    box = (left, top, left + width * scale, top + height * scale)
    return image.resize((width, height), Image.Resampling.BICUBIC, box=box)


def _to_mode(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I"):
        image = _grey(np.asarray(image), 65535)
    elif image.mode == "F":
        values = np.nan_to_num(np.asarray(image))
        image = _grey(values, 1 if values.max() <= 1 else 255)
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    elif image.mode not in {"L", "RGB"}:
        image = image.convert("RGB")
    return image.convert(mode)


def _grey(values: Array, top: float) -> Image.Image:
    """An 8-bit grey image of numbers in 0 ... top."""
    scaled = np.clip(values.astype(np.float32) / top, 0, 1) * 255
    return Image.fromarray(scaled.round().astype(np.uint8))


def _too_large(name: str) -> AncraError:
    most = f"{limits.PIXELS // 1_000_000} million pixels, or {limits.PIXEL_SIDE:,} a side"
    return AncraError(f"{name} has more than {most}: make it smaller first.")
