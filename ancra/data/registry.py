"""The datasets by name."""

from typing import Protocol

from ancra.data.cifar import load_cifar10, load_cifar100
from ancra.data.class_choice import keep_classes
from ancra.data.dataset import Dataset
from ancra.data.digits import load_digits
from ancra.data.fashion_mnist import load_fashion_mnist
from ancra.data.image_folder import load_image_folder
from ancra.data.settings import DataSettings
from ancra.data.tiny_imagenet import load_tiny_imagenet
from ancra.progress import OnProgress
from ancra.registry import Registry


class Loader(Protocol):
    """Loads a dataset as settings ask; the first line of its docstring describes the data."""

    def __call__(self, settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
        """Load; ``on_progress`` is called with (done, total) while images are decoded or fetched. Raises AncraError."""
        ...


DATASETS: Registry[Loader] = Registry("dataset")
"""To add a dataset: write a loader and register it here, or from your own code with ``@DATASETS.add("name")``."""

DATASETS.add("digits")(load_digits)
DATASETS.add("fashion_mnist")(load_fashion_mnist)
DATASETS.add("cifar10")(load_cifar10)
DATASETS.add("cifar100")(load_cifar100)
DATASETS.add("tiny_imagenet")(load_tiny_imagenet)
DATASETS.add("image_folder")(load_image_folder)


def load_dataset(settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
    """The dataset that the settings name, with the classes that they list.

    Args:
        settings: which dataset, and how its images are read.
        on_progress: called with (done, total) while images are decoded or fetched, if they have to be.

    Raises:
        AncraError: an unknown name or class, no images at all, or data that is missing or broken.
    """
    settings.require_any()
    return keep_classes(DATASETS[settings.name](settings, on_progress), settings.classes)


def dataset_names() -> list[str]:
    """The names of all datasets, sorted."""
    return sorted(DATASETS)


def fixed_images(name: str) -> tuple[tuple[int, int, int], int] | None:
    """Image shape and number of classes of a published dataset, without its images; None for any other."""
    return _FIXED.get(name)


_FIXED = {
    "digits": ((1, 8, 8), 10),
    "fashion_mnist": ((1, 28, 28), 10),
    "cifar10": ((3, 32, 32), 10),
    "cifar100": ((3, 32, 32), 100),
    "tiny_imagenet": ((3, 64, 64), 200),
}
