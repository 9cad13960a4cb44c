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

    Whole numbers from 0 to 255 are taken in any type, and labels as any whole numbers or texts, which name the classes.
    The images of the validation part are not used.

    Raises AncraError: damaged, another form, several labels an image, a class that is only tested.
    """
    arrays = _arrays(root)
    splits: dict[str, tuple[Tensor, Array]] = {}
    for part in ("train", "test"):
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        images = _pixels(root, part, images)
        labels = _labels(root, part, labels)
        if len(labels) != len(images) or not len(images):
            raise _odd(root, f"{len(images)} images and {len(labels)} labels in its {part} part")
        pixels = _resized(images if images.ndim == 4 else images[..., None], settings)
        splits[part] = pixels, labels
    classes = np.unique(splits["train"][1])
    if not np.isin(splits["test"][1], classes).all():
        raise _odd(root, "its test part has a class that its training part has not")
    train, test = (
        Split(pixels, torch.from_numpy(np.searchsorted(classes, labels).astype(np.int64)))
        for pixels, labels in splits.values()
    )
    return Dataset(settings.images, tuple(str(name).strip() for name in classes.tolist()), train, test)


def _pixels(root: Path, part: str, images: Array) -> Array:
    """(N, H, W) or (N, H, W, C) as uint8, where that changes nothing. Raises AncraError with the line that does it."""
    name = f"{part}_images"
    what = f"{name} is {images.dtype} {images.shape}, not uint8 (N, H, W) or (N, H, W, 3)"
    if images.ndim == 4 and images.shape[3] not in (1, 3) and images.shape[1] in (1, 3):
        raise _odd(root, f"{what}: save {name}.transpose(0, 2, 3, 1)")
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        raise _odd(root, what)
    if images.dtype == np.uint8 or not images.size:
        return images.astype(np.uint8)
    low, high = (float(end) for end in (images.min(), images.max()))
    if low < 0 or high > 255 or high <= 1 or not np.array_equal(images, np.rint(images)):
        scale = f"({name} * 255).round()" if low >= 0 and high <= 1 else f"({name} scaled to 0 ... 255).round()"
        raise _odd(root, f"{what} (from {low:g} to {high:g}): save {scale}.astype('uint8')")
    return images.astype(np.uint8)


def _labels(root: Path, part: str, labels: Array) -> Array:
    """(N,) one whole number or text an image. Raises AncraError."""
    what = f"{part}_labels is {labels.dtype} {labels.shape}: one whole number an image is needed"
    if labels.ndim == 2 and labels.shape[1] > 1:
        hint = (
            f", {part}_labels.argmax(1)" if (labels.sum(1) == 1).all() and ((labels == 0) | (labels == 1)).all() else ""
        )
        raise _odd(root, what + hint)
    flat = labels.reshape(-1)
    if labels.ndim > 2 or flat.dtype.kind not in "iufU":
        raise _odd(root, what)
    if flat.dtype.kind == "f":
        if not np.isfinite(flat).all() or not np.array_equal(flat, np.rint(flat)):
            raise _odd(root, what)
        flat = flat.astype(np.int64)
    if flat.dtype.kind != "U" and flat.size and int(flat.min()) < 0:
        raise _odd(root, f"{what}, and {int(flat.min())} is no class")
    return flat


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
