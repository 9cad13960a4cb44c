"""Images that lie packed in arrays: ``.npz`` files of MedMNIST's form."""

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ancra import limits
from ancra.arrays import Array
from ancra.data.archive import check_sizes
from ancra.data.dataset import Dataset, Split
from ancra.data.settings import DataSettings
from ancra.errors import AncraError

_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


def is_npz(root: Path) -> bool:
    """Whether a file is an archive of arrays with images and labels, by its content."""
    try:
        with zipfile.ZipFile(root) as archive:
            return {f"{name}.npy" for name in _ARRAYS} <= set(archive.namelist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def load_npz(settings: DataSettings, root: Path) -> Dataset:
    """Images of MedMNIST's form: ``train_images`` (N, H, W) or (N, H, W, 3), uint8, and ``train_labels`` (N, 1).

    The images of the validation part are not used. Classes are numbered: the file has no names for them.

    Raises AncraError: damaged, another form, several labels an image, a class that is only tested.
    """
    arrays = _arrays(root)
    splits = {}
    for part in ("train", "test"):
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        if (
            images.dtype != np.uint8
            or images.ndim not in (3, 4)
            or (images.ndim == 4 and images.shape[3] not in (1, 3))
        ):
            raise _odd(root, f"{part}_images is {images.dtype} {images.shape}, not uint8 (N, H, W) or (N, H, W, 3)")
        if labels.ndim > 2 or (labels.ndim == 2 and labels.shape[1] != 1) or labels.dtype.kind not in "iu":
            raise _odd(root, f"{part}_labels is {labels.dtype} {labels.shape}: one whole number an image is needed")
        if len(labels) != len(images) or not len(images):
            raise _odd(root, f"{len(images)} images and {len(labels)} labels in its {part} part")
        pixels = _resized(images if images.ndim == 4 else images[..., None], settings)
        splits[part] = Split(pixels, torch.from_numpy(labels.reshape(-1).astype(np.int64)))
    trained, tested = splits["train"].labels, splits["test"].labels
    count = int(trained.max()) + 1
    if int(min(trained.min(), tested.min())) < 0 or int(tested.max()) >= count:
        raise _odd(root, "its test part has a class that its training part has not")
    return Dataset(settings.images, tuple(map(str, range(count))), splits["train"], splits["test"])


def unused_of_npz(root: Path) -> dict[str, int]:
    """How many images of an archive of arrays are not used, by the reason. Raises AncraError as ``load_npz``."""
    left = len(_arrays(root).get("val_labels", ()))
    return {"in the validation part": left} if left else {}


def _arrays(root: Path) -> dict[str, Array]:
    """The arrays of images and labels. Raises AncraError: damaged or far larger than the file."""
    try:
        with zipfile.ZipFile(root) as archive:
            members = [
                each for each in archive.infolist() if each.filename.removesuffix(".npy") in (*_ARRAYS, "val_labels")
            ]
            check_sizes(root, members)
            return {
                member.filename.removesuffix(".npy"): np.lib.format.read_array(
                    io.BytesIO(archive.read(member)), allow_pickle=False, max_header_size=limits.TEXT
                )
                for member in members
            }
    except AncraError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds for damaged files
        raise AncraError(
            f"{root} is damaged or holds more than numbers ({type(error).__name__}): fetch it anew."
        ) from None


def _resized(images: Array, settings: DataSettings) -> Tensor:
    """(N, H, W, C) as (N, C, side, side) in the channels that are asked for."""
    channels, side = settings.channels or images.shape[3], settings.image_size
    if channels == images.shape[3] and side in (None, *images.shape[1:3]) and images.shape[1] == images.shape[2]:
        return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    side = side or int(min(images.shape[1:3]))
    mode = "L" if channels == 1 else "RGB"
    made = [np.asarray(Image.fromarray(one.squeeze()).convert(mode).resize((side, side))) for one in images]
    return torch.from_numpy(np.stack(made).reshape(len(made), side, side, channels).transpose(0, 3, 1, 2).copy())


def _odd(root: Path, what: str) -> AncraError:
    return AncraError(f"{root} is not of MedMNIST's form: {what}.")
