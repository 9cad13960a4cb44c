"""Images of any size in one folder a class, in a folder or a zip archive."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ancra.data.dataset import Dataset, Split
from ancra.data.files import SUFFIXES, Files, open_files
from ancra.data.grouping import Group, flatten, refuse_single_images
from ancra.data.memory_mapped import decode_images
from ancra.data.settings import DataSettings
from ancra.data.splitting import stratified_split
from ancra.errors import AncraError
from ancra.progress import OnProgress
from ancra.text import is_plain

IMAGE_SIZE = 32
_TRAIN_FOLDERS = ("train", "training")
_TEST_FOLDERS = ("test", "testing", "val", "valid", "validation")
UNREAD = frozenset({".heic", ".heif", ".avif", ".jxl", ".jp2", ".psd", ".raw", ".cr2", ".nef", ".arw", ".dng", ".svg"})
"""The endings (lower case) of pictures that are not decoded here."""
_HOW = "put the images of each class into a folder named after the class, or use train/CLASS/... and test/CLASS/..."


@dataclass(frozen=True)
class Layout:
    """The images of a folder or archive by class, as their folders say.

    Attributes:
        train: the images for training.
        test: the images for testing; empty where there is no such split, and some of ``train`` are to be held out.
    """

    files: Files
    train: Group
    test: Group

    @property
    def left_out(self) -> dict[str, int]:
        """How many files are no images that are read, by their endings; the commonest first."""
        endings = Counter(PurePosixPath(name).suffix.lower() or "no ending" for name in self.files.stamps)
        return {ending: count for ending, count in endings.most_common() if ending not in SUFFIXES}

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, sorted."""
        return tuple(sorted(self.train))


def read_layout(root: Path) -> Layout:
    """Which images there are; none of them is opened. Raises AncraError as ``load_image_folder``."""
    files = open_files(root.expanduser())
    train, test = _find(files)
    _check(files, train, test)
    return Layout(files, train, test)


def load_image_folder(settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
    """Your own images: ``CLASS/image`` (split by ``split_seed``) or ``train/CLASS/image`` and ``test/CLASS/image``.

    The images are resized to ``image_size`` (32 by default) in colour, or in grey where ``channels`` is 1.

    Raises AncraError: no root, no images, no class folders, a single class, a class with one image, a broken image.
    """
    if settings.root is None:
        raise AncraError("The dataset image_folder needs data.root: the folder (or zip) with one folder a class.")
    layout = read_layout(settings.root)
    files, classes = layout.files, layout.classes
    names, labels = flatten(layout.train, classes)
    if layout.test:
        test_names, test_labels = flatten(layout.test, classes)
    else:
        kept, held_out = stratified_split(labels, settings.test_fraction, settings.split_seed)
        test_names, test_labels = [names[i] for i in held_out.tolist()], labels[held_out]
        names, labels = [names[i] for i in kept.tolist()], labels[kept]
    side = settings.image_size or IMAGE_SIZE
    images = decode_images(files, names + test_names, settings.channels or 3, (side, side), on_progress)
    count = len(names)
    return Dataset(settings.name, classes, Split(images[:count], labels), Split(images[count:], test_labels))


def _find(files: Files) -> tuple[Group, Group]:
    """The images for training and for testing (none of them: the folder has no such split)."""
    names = [name for name in files.stamps if PurePosixPath(name).suffix.lower() in SUFFIXES]
    if not names:
        raise AncraError(f"{files.root} holds no images: {_HOW}.")
    paths = {name: PurePosixPath(name).parts for name in names}
    # One folder around everything, as archives often have it, is not a class.
    while len({parts[0] for parts in paths.values()}) == 1 and all(len(parts) > 2 for parts in paths.values()):
        if _is_one_of(next(iter(paths.values()))[0], _TRAIN_FOLDERS):
            break
        paths = {name: parts[1:] for name, parts in paths.items()}
    folders = {parts[0] for parts in paths.values() if len(parts) > 1}
    train_folder = next((folder for folder in sorted(folders) if _is_one_of(folder, _TRAIN_FOLDERS)), None)
    test_folders = {folder for folder in folders if _is_one_of(folder, _TEST_FOLDERS)}
    if train_folder is None or (not test_folders and folders != {train_folder}):
        return _group(paths), {}
    others = sorted(folders - {train_folder} - test_folders)
    if others:
        raise AncraError(
            f"{files.root} has {others[0]}/ with pictures beside {train_folder}/: move it away, or give "
            f"{train_folder}/ alone."
        )
    wanted = sorted(test_folders, key=lambda folder: _TEST_FOLDERS.index(folder.lower()))[:1]
    train = {name: parts[1:] for name, parts in paths.items() if parts[0] == train_folder}
    test = {name: parts[1:] for name, parts in paths.items() if parts[0] in wanted}
    return _group(train), _group(test)


def _is_one_of(folder: str, names: tuple[str, ...]) -> bool:
    return folder.lower() in names


def _group(paths: dict[str, tuple[str, ...]]) -> Group:
    group: Group = defaultdict(list)
    for name, parts in paths.items():
        if len(parts) > 1:
            group[parts[0]].append(name)
    return dict(group)


def _check(files: Files, train: Group, test: Group) -> None:
    if not train:
        raise AncraError(f"{files.root} has no class folders: {_HOW}.")
    if len(train) < 2:
        raise AncraError(f"{files.root} has one class only ({next(iter(train))}): add the folder of a second class.")
    refuse_single_images(files.root, train)
    paths = [PurePosixPath(name) for name in files.stamps]
    unread = Counter(path.parent for path in paths if path.suffix.lower() in UNREAD)
    read = {path.parent for path in paths if path.suffix.lower() in SUFFIXES}
    empty = next((folder for folder in unread if folder not in read), None)
    if empty is not None:
        raise AncraError(
            f"{empty}/ in {files.root} holds {unread[empty]} pictures of a kind that is not read, and no other: "
            "convert them to JPEG or PNG, or remove the folder."
        )
    odd = next((name for name in train if not is_plain(name)), None)
    if odd is not None:
        raise AncraError(f"The class {odd!r} in {files.root} is no plain name: rename its folder.")
    unknown = sorted(set(test) - set(train))
    if unknown:
        raise AncraError(f"The class {unknown[0]!r} in {files.root} has images for testing but none in train/.")
