"""Random crops and flips of a batch."""

from types import SimpleNamespace

import torch
from torch.nn.functional import pad

from ancra.data.augmentation import augment


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_image_is_one_of_its_crops() -> None:
    images = torch.rand(64, 3, 8, 6, generator=generator())
    result = augment(images, SimpleNamespace(crop_padding=2, horizontal_flip=True), generator(1))
    assert result.shape == images.shape
    drawn = set()
    for image, augmented in zip(images, result, strict=True):
        padded = pad(image, (2, 2, 2, 2))
        candidates = {
            (row, column, flip): torch.equal(crop.flip(-1) if flip else crop, augmented)
            for row in range(5)
            for column in range(5)
            for flip in (False, True)
            for crop in [padded[:, row : row + 8, column : column + 6]]
        }
        matches = [key for key, equal in candidates.items() if equal]
        assert len(matches) == 1
        drawn.update(matches)
    assert len(drawn) > 25
    assert {key[0] for key in drawn} == {key[1] for key in drawn} == set(range(5))


def test_half_are_mirrored() -> None:
    images = torch.rand(1000, 1, 4, 4, generator=generator())
    result = augment(images, SimpleNamespace(crop_padding=0, horizontal_flip=True), generator(1))
    mirrored = (result == images.flip(-1)).all((1, 2, 3))
    kept = (result == images).all((1, 2, 3))
    assert torch.all(mirrored ^ kept)
    assert 430 < mirrored.sum() < 570


def test_seed_decides_and_nothing_to_do_is_free() -> None:
    images = torch.randint(0, 256, (8, 3, 5, 5), dtype=torch.uint8)
    settings = SimpleNamespace(crop_padding=1, horizontal_flip=True)
    assert torch.equal(augment(images, settings, generator(3)), augment(images, settings, generator(3)))
    assert not torch.equal(augment(images, settings, generator(3)), augment(images, settings, generator(4)))
    assert augment(images, settings, generator(3)).dtype == torch.uint8
    assert augment(images, SimpleNamespace(crop_padding=0, horizontal_flip=False), generator()) is images
