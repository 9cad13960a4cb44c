"""Reading of image files of every kind."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from ancra import limits
from ancra.data.images import assumed, read_image, read_whole
from ancra.errors import AncraError


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def colour(data: bytes, channels: int = 3) -> list[int]:
    return read_image(data, channels, (8, 8))[:, 4, 4].tolist()


def test_same_size_is_exact() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    result = read_image(encoded(Image.fromarray(pixels)), 3, (8, 8))
    assert result.dtype == torch.uint8
    assert torch.equal(result, torch.from_numpy(pixels).permute(2, 0, 1))


def test_aspect_is_kept_and_the_middle_shown() -> None:
    wide = Image.new("RGB", (64, 16), "red")
    wide.paste("blue", (24, 0, 40, 16))
    result = read_image(encoded(wide), 3, (16, 16))
    assert (result[2] > 200).float().mean() > 0.9
    assert read_image(encoded(wide), 1, (4, 12)).shape == (1, 4, 12)


def test_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (8, 8), name) for name in ("red", "blue")]
    assert colour(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])) == [255, 0, 0]


def test_cmyk() -> None:
    red, green, blue = colour(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100))
    assert red > 200
    assert max(green, blue) < 60


def test_palette() -> None:
    assert colour(encoded(Image.new("RGB", (8, 8), (0, 0, 255)).convert("P"))) == [0, 0, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_transparent_parts_show_white(mode: str) -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    if mode == "P":
        data = encoded(Image.new("P", (8, 8), 0), transparency=0)
    elif mode == "RGB":
        data = encoded(Image.new("RGB", (8, 8), (1, 2, 3)), transparency=(1, 2, 3))
    else:
        data = encoded(image.convert(mode))
    assert colour(data) == [255, 255, 255]
    assert colour(data, channels=1) == [255]


def test_exif_orientation() -> None:
    image = Image.new("RGB", (8, 8), "black")
    image.paste("white", (0, 0, 8, 2))
    exif = Image.Exif()
    exif[0x0112] = 3
    result = read_image(encoded(image, exif=exif), 1, (8, 8))
    assert result[0, 0].max() == 0
    assert result[0, 7].min() == 255


def test_sixteen_bit_grey() -> None:
    values = np.full((8, 8), 32896, dtype=np.uint16)
    assert colour(encoded(Image.fromarray(values))) == [128, 128, 128]


def test_float_grey() -> None:
    assert colour(encoded(Image.fromarray(np.full((8, 8), 0.2, dtype=np.float32)), "TIFF"), 1) == [51]


def broken_images() -> dict[str, bytes]:
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    return {
        "empty": b"",
        "text": b"hello",
        "truncated png": encoded(photo)[:-2000],
        "truncated jpeg": encoded(photo, "JPEG")[:-500],
        "postscript": encoded(photo, "EPS"),
        "format left out": encoded(photo, "TGA"),
    }


@pytest.mark.parametrize("name", list(broken_images()))
def test_what_is_no_image_is_named(name: str) -> None:
    with pytest.raises(AncraError, match=r"photo\.png is not a readable image"):
        read_image(broken_images()[name], 3, (8, 8), name="photo.png")


def test_decompression_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    header = PngImagePlugin._MAGIC + encoded(Image.new("L", (8, 8)))[8:]
    size = (60_000).to_bytes(4, "big")
    huge = bytearray(header)
    huge[16:24] = size + size
    chunk = bytes(huge[12:29])
    huge[29:33] = PngImagePlugin._crc32(chunk).to_bytes(4, "big")
    with pytest.raises(AncraError, match="64 million pixels"):
        read_image(bytes(huge), 3, (8, 8))
    monkeypatch.setattr(limits, "PIXELS", 1_000_000)
    with pytest.raises(AncraError, match="1 million pixels"):
        read_image(encoded(Image.new("1", (1001, 1000))), 3, (8, 8))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(AncraError, match="cannot be read"):
            read_image(path, 3, (8, 8))


def test_a_part_is_as_large_as_the_zoom_says_and_lies_where_it_is_asked_for():
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20, :20], pixels[20:, 20:] = 255, 128
    whole = encoded(Image.fromarray(pixels))
    corners = [read_image(whole, 3, (8, 8), zoom=2, centre=(across, across)) for across in (0.0, 1.0)]
    assert [int(corner.median()) for corner in corners] == [255, 128]
    assert torch.equal(read_image(whole, 3, (8, 8), zoom=1.0), read_image(whole, 3, (8, 8)))
    wide = np.concatenate([pixels, np.full_like(pixels, 7)], axis=1)
    right = read_image(encoded(Image.fromarray(wide)), 3, (8, 8), centre=(1.0, 0.5))
    assert int(right.median()) == 7


def test_what_is_taken_for_granted_of_an_image_is_known() -> None:
    def tiff(values: np.ndarray) -> bytes:
        return encoded(Image.fromarray(values), "TIFF")

    grey = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    assert assumed(encoded(Image.new("RGB", (8, 8)))) == ()
    assert assumed(b"no image") == ()
    assert assumed(tiff((grey * 65535).astype(np.uint16))) == ()
    assert assumed(tiff((grey * 4095).astype(np.uint16))) == ("dark",)
    assert assumed(tiff(grey)) == ("fractions",)
    assert assumed(tiff(grey * 2000 - 1000)) == ("cut", "fractions")
    frames = [Image.new("L", (8, 8), shade) for shade in (1, 200)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert assumed(buffer.getvalue()) == ("frames",)


@pytest.mark.parametrize(
    ("size", "shape"), [((300, 100), (67, 200, 3)), ((30, 100), (100, 30, 3)), ((900, 1), (1, 200, 3))]
)
def test_all_of_an_image_is_read_and_made_no_larger(size, shape):
    pixels = read_whole(encoded(Image.new("L", size, 77)), 200)
    assert pixels.shape == shape
    assert (pixels == 77).all()


def test_what_is_no_image_is_not_read_as_a_whole_one():
    with pytest.raises(AncraError, match=r"mine\.png is not a readable image"):
        read_whole(b"nonsense", 200, "mine.png")
