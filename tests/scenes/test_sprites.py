import io

import numpy as np
import pytest
from PIL import Image

from ancra.errors import AncraError
from ancra.scenes.sprites import sprite_sheet


@pytest.mark.parametrize("channels", [1, 3])
def test_each_thumbnail_lies_in_its_place(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (7, channels, 4, 5), dtype=np.uint8)
    sheet = sprite_sheet(pixels)
    picture = np.asarray(Image.open(io.BytesIO(sheet.png)))
    width, height = sheet.tile
    assert (width, height) == (5, 4)
    for number in range(7):
        row, column = divmod(number, sheet.columns)
        tile = picture[row * height : (row + 1) * height, column * width : (column + 1) * width]
        np.testing.assert_array_equal(tile.reshape(height, width, channels).transpose(2, 0, 1), pixels[number])


def test_big_images_are_shrunk():
    pixels = np.full((2, 3, 100, 50), 77, np.uint8)
    sheet = sprite_sheet(pixels, largest=32)
    assert max(sheet.tile) <= 32
    assert np.asarray(Image.open(io.BytesIO(sheet.png)))[0, 0].tolist() == [77, 77, 77]


def test_no_images_are_refused():
    with pytest.raises(AncraError):
        sprite_sheet(np.zeros((0, 1, 8, 8), np.uint8))
