"""Where the images of the named datasets lie on this machine, how large they are, and fetching what is not there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ancra.data.copies import picture_folder
from ancra.data.settings import DataSettings, data_root
from ancra.errors import AncraError, unknown_name
from ancra.progress import OnProgress


@dataclass(frozen=True)
class Place:
    """A named dataset on this machine.

    Attributes:
        name: the registry's name. title: what people call it.
        about: what it holds, in a few words.
        folder: where its images lie or belong; None where they come with a package that is installed.
        here: whether they are there.
        note: what is there (the published files, pictures, a part), or how they can be had.
        download: bytes of what would be fetched; 0 where nothing would.
    """

    name: str
    title: str
    about: str
    folder: Path | None
    here: bool
    note: str
    download: int = 0


def places() -> list[Place]:
    """Every dataset that has a place of its own."""
    return [make(DataSettings(name=name)) for name, make in _PLACES.items()]


def place_of(settings: DataSettings) -> Place | None:
    """Where a dataset lies; None for one that has no place of its own (a folder of images, a plugin's)."""
    make = _PLACES.get(settings.name)
    return make(settings) if make else None


def named(name: str, root: Path | None = None) -> Place:
    """Where the dataset of this name lies. Raises AncraError: there is none."""
    if name not in _PLACES:
        raise unknown_name("dataset with a place of its own", name, _PLACES)
    return _PLACES[name](DataSettings(name=name, root=root))


def require_here(settings: DataSettings) -> None:
    """Raise AncraError when there are no images, or they have to be fetched first: what, how large, and how."""
    settings.require_any()
    place = place_of(settings)
    if place is not None and not place.here:
        raise AncraError(
            f"The images of {place.title} are not on this machine: `ancra data get {place.name}` fetches them "
            f"({place.download / 1e6:.0f} MB), or put them at {place.folder} by hand."
        )


def get(name: str, root: Path | None = None, on_progress: OnProgress | None = None) -> Place:
    """Fetch a dataset where it is missing; what was fetched in part goes on where it was.

    Args:
        on_progress: called with (bytes done, bytes in all), then with (images done, images in all).

    Raises:
        AncraError: an unknown name; no network, no room or damaged files, with what to do.
    """
    from ancra.data.registry import load_dataset

    place = named(name, root)
    load_dataset(DataSettings(name=name, root=root), on_progress)
    return named(name, root) if not place.here else place


def _digits(settings: DataSettings) -> Place:
    return Place("digits", "Digits", "1,797 handwritten digits, 8 x 8", None, True, "in the package scikit-learn")


def _fashion(settings: DataSettings) -> Place:
    root = data_root(settings)
    folder = next((each for each in (root, root / "FashionMNIST" / "raw", _DEBIAN) if _fashion_train(each)), None)
    if folder:
        note, download = "2,000 test images with the project, training images in the folder", 0
    else:
        note, download = "2,000 test images with the project; training images are fetched when needed", 26_421_880
    about = "70,000 photographs of clothes, 28 x 28, grey"
    return Place("fashion_mnist", "Fashion-MNIST", about, folder or root / "FashionMNIST" / "raw", True, note, download)


_DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def _fashion_train(folder: Path) -> bool:
    return any((folder / f"train-images-idx3-ubyte{ending}").is_file() for ending in (".gz", ""))


def _cifar10(settings: DataSettings) -> Place:
    about, root = "60,000 photographs of animals and vehicles, 32 x 32", data_root(settings)
    pictures = picture_folder(settings)
    if pictures:
        return Place(
            "cifar10", "CIFAR-10", about, pictures, True, "pictures in folders, other than the published files"
        )
    return _published("cifar10", "CIFAR-10", about, root, "cifar-10-batches-py", "cifar-10-python.tar.gz", 170_498_071)


def _cifar100(settings: DataSettings) -> Place:
    about, root = "60,000 photographs in 100 classes, 32 x 32", data_root(settings)
    return _published("cifar100", "CIFAR-100", about, root, "cifar-100-python", "cifar-100-python.tar.gz", 169_001_437)


def _tiny_imagenet(settings: DataSettings) -> Place:
    about, root = "110,000 photographs in 200 classes, 64 x 64", data_root(settings)
    folder = "tiny-imagenet-200"
    return _published("tiny_imagenet", "Tiny-ImageNet", about, root, folder, f"{folder}.zip", 248_100_043)


def _published(name: str, title: str, about: str, root: Path, folder: str, archive: str, size: int) -> Place:
    root = root.parent if root.name in (folder, archive) else root
    if (root / folder).is_dir():
        return Place(name, title, about, root / folder, True, "the published files")
    if (root / archive).is_file():
        return Place(name, title, about, root / archive, True, "the published archive, unpacked when needed")
    return Place(name, title, about, root / folder, False, f"`ancra data get {name}` fetches it", size)


_PLACES: dict[str, Callable[[DataSettings], Place]] = {
    "digits": _digits,
    "fashion_mnist": _fashion,
    "cifar10": _cifar10,
    "cifar100": _cifar100,
    "tiny_imagenet": _tiny_imagenet,
}
