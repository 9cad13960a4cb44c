"""The embedded digits."""

import pytest
import torch

from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError


def test_fixed_stratified_split() -> None:
    digits = load_dataset(DataSettings())
    assert (len(digits.train), len(digits.test), digits.image_shape) == (1347, 450, (1, 8, 8))
    assert digits.classes == tuple("0123456789")
    assert digits.test.labels.bincount(minlength=10).min() >= 43
    assert digits.test.labels[:8].tolist() == load_dataset(DataSettings()).test.labels[:8].tolist()
    keys = {image.numpy().tobytes() for image in digits.train.images}
    assert sum(image.numpy().tobytes() in keys for image in digits.test.images) == 0


def test_batches_are_in_zero_to_one() -> None:
    images, labels = load_dataset(DataSettings()).test.batch(torch.arange(100))
    assert images.dtype == torch.float32
    assert (images.min().item(), images.max().item()) == (0.0, 1.0)
    assert labels.dtype == torch.int64


def test_another_shape_is_refused() -> None:
    with pytest.raises(AncraError, match="grey images of 8 x 8"):
        load_dataset(DataSettings(image_size=32))
    with pytest.raises(AncraError, match="grey"):
        load_dataset(DataSettings(channels=3))


def test_unknown_name_names_the_nearest() -> None:
    with pytest.raises(AncraError, match="did you mean 'digits'"):
        load_dataset(DataSettings(name="digit"))
