"""CIFAR-10 as folders of pictures, as many people have it: train/CLASS/image and test/CLASS/image."""

from pathlib import Path

from ancra.data.settings import DataSettings, data_root

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FOLDERS = ("", "cifar10", "cifar10-jpeg", "CIFAR-10-images")
"""Where they may lie below the folder of data: itself, or what the usual archives unpack to."""


def picture_folder(settings: DataSettings) -> Path | None:
    """The folder of pictures that stands for the published files of ``cifar10``; None where there is none of that form.

    Pictures may be stored with loss (JPEG), so they are other images than the published ones to every stored result.
    """
    if settings.name != "cifar10":
        return None
    for name in FOLDERS:
        folder = data_root(settings) / name
        if all((folder / part / label).is_dir() for part in ("train", "test") for label in CIFAR10_CLASSES):
            return folder
    return None
