"""Handwritten digits that come with scikit-learn: no download, a network is trained on them in a minute."""

import torch

from ancra.data.dataset import Dataset, Split
from ancra.data.settings import DataSettings, check_fixed_shape
from ancra.progress import OnProgress

TEST_IMAGES = 450
SPLIT_SEED = 0
PIXEL_MAX = 16


def load_digits(settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
    """1,797 grey 8x8 images of the digits 0 ... 9; fixed stratified split into 1,347 for training and 450 for testing.

    Raises AncraError when the settings ask for another image size or number of channels.
    """
    # scikit-learn takes a second to import, which the other datasets need not wait for.
    from sklearn.datasets import load_digits as read_digits
    from sklearn.model_selection import train_test_split

    check_fixed_shape(settings, channels=1, image_size=8)
    data = read_digits()
    images = torch.from_numpy(data.images).to(torch.uint8).unsqueeze(1)
    labels = torch.from_numpy(data.target).long()
    parts = train_test_split(
        torch.arange(len(labels)).numpy(), test_size=TEST_IMAGES, stratify=data.target, random_state=SPLIT_SEED
    )
    train, test = (Split(images[part], labels[part], PIXEL_MAX) for part in map(torch.from_numpy, parts))
    return Dataset("digits", tuple(map(str, range(10))), train, test)
