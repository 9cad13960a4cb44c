"""How a folder or archive of images would be read: its classes with their counts, and all that is left out."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ancra.data.dataset import Dataset
from ancra.data.files import FolderFiles, open_files
from ancra.data.image_folder import load_image_folder
from ancra.data.images import ASSUMED, assumed, read_image
from ancra.data.layout import Layout, read_layout
from ancra.data.npz_images import is_npz, unused_of_npz
from ancra.data.parquet_images import described, shards
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.progress import OnProgress

_PLAIN = (".jpg", ".jpeg", ".jfif", ".jpe", ".bmp")
"""Endings of pictures of one frame and eight bits."""


@dataclass(frozen=True)
class ImageReport:
    """What was found.

    Attributes:
        labels: what says the classes: ``folders``, names of tables, or the kind of a packed file.
        train, test: how many images each class has; ``test`` is empty where a share of each class is to be held out.
        unused: how many images are not used, by the reason.
        left_out: how many files are no images that are read, by their endings.
        broken: the images that cannot be read.
        notes: sentences on how it was read where that might be meant otherwise.
    """

    labels: str
    train: Mapping[str, int]
    test: Mapping[str, int]
    unused: Mapping[str, int]
    left_out: Mapping[str, int]
    broken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(self.train)


def report(root: Path, on_progress: OnProgress | None = None, opened: bool = True) -> ImageReport:
    """Look through a folder or archive.

    Args:
        on_progress: called with (done, total) while images are opened.
        opened: whether every image is opened, so that the broken ones are known.

    Raises AncraError: it cannot be read as images with classes at all.
    """
    root = root.expanduser()
    packed = DataSettings(name="image_folder", root=root)
    if is_npz(root):
        return _of_dataset("arrays of MedMNIST's form", unused_of_npz(root), load_image_folder(packed))
    if shards(open_files(root)):
        return _of_dataset(*described(root), load_image_folder(packed, on_progress))
    layout = read_layout(root)
    train, test = (
        {name: len(images) for name, images in sorted(group.items())} for group in (layout.train, layout.test)
    )
    broken, notes = _looked_at(layout, on_progress, opened)
    return ImageReport(layout.labels, train, test, layout.unused, layout.left_out, broken, (*layout.notes, *notes))


def _looked_at(layout: Layout, on_progress: OnProgress | None, opened: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The broken images where all are opened, and sentences on what is taken for granted of some."""
    names = [name for group in (layout.train, layout.test) for images in group.values() for name in images]
    if not opened:
        names = [name for name in names if not name.lower().endswith(_PLAIN)]
    found: list[str] = []
    taken: Counter[str] = Counter()
    # An archive says the size and the checksum of each file.
    marks = {} if isinstance(layout.files, FolderFiles) else dict(layout.files.stamps)

    def look(name: str) -> None:
        try:
            content = layout.files.read(name)
            marks.setdefault(name, f"{len(content)} {zlib.crc32(content)}")
            if opened:
                read_image(content, 1, (8, 8))
            if not name.lower().endswith(_PLAIN):
                taken.update(assumed(content))
        except AncraError:
            found.append(name)

    with ThreadPoolExecutor(4) as pool:
        for done, _ in enumerate(pool.map(look, names), start=1):
            if on_progress and (done % 100 == 0 or done == len(names)):
                on_progress(done, len(names))
    notes = (f"{_images(taken[key])} with {words}." for key, words in ASSUMED.items() if taken[key])
    return (tuple(sorted(found)) if opened else ()), (*notes, *_repeated(layout, marks))


def _repeated(layout: Layout, marks: Mapping[str, str]) -> Iterator[str]:
    """Sentences on images that are there more than once, by what tells the contents of files apart."""
    train, test = (
        [(marks.get(name, name), title) for title, names in group.items() for name in names]
        for group in (layout.train, layout.test)
    )
    trained = {mark for mark, _ in train}
    both = sum(mark in trained for mark, _ in test)
    if both:
        yield f"{_images(both)} for testing and for training at once: the accuracy there says nothing of new ones."
    again = len(train) - len(trained)
    if again:
        rest = "" if layout.test else ": one may be trained on and the other held out"
        yield f"{_images(again)} for training that repeat others{rest}."
    titles: dict[str, set[str]] = defaultdict(set)
    for mark, title in (*train, *test):
        titles[mark].add(title)
    several = sum(len(found) > 1 for found in titles.values())
    if several:
        yield f"{_images(several)} in several classes."


def _images(count: int) -> str:
    return f"{count} {'image' if count == 1 else 'images'}"


def _of_dataset(labels: str, unused: Mapping[str, int], data: Dataset) -> ImageReport:
    train, test = (
        {name: int((split.labels == label).sum()) for label, name in enumerate(data.classes)}
        for split in (data.train, data.test)
    )
    return ImageReport(labels, train, test, unused, {})
