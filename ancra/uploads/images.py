"""Folders of images that a person sends as an archive, into the workspace's data."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, BinaryIO
from zipfile import is_zipfile

from pydantic import Field

from ancra.bin import discard
from ancra.data.archive import ARCHIVE, check_archive
from ancra.data.settings import DataSettings
from ancra.data.tar_archive import is_tar, repack
from ancra.errors import AncraError, unknown_name
from ancra.files import replace_file
from ancra.paths import workspace
from ancra.settings import Record, parse
from ancra.structured import read_json
from ancra.uploads.receiving import file_name, free_path, received

if TYPE_CHECKING:
    from ancra.progress import OnProgress

MAX_CLASSES = 1000


class About(Record):
    """What is noted beside an uploaded archive."""

    filename: str = Field(description="What the person called it.")
    digest: str = Field(description="SHA-256 of the archive, which tells whether it was sent before.")
    added: float = Field(description="Seconds since 1970.")
    labels: str = Field("folders", description="What says the classes.")
    train: dict[str, int] | None = Field(None, description="Images for training by class; empty in older notes.")
    test: dict[str, int] = Field({}, description="Images for testing by class.")
    unused: dict[str, int] = Field({}, description="Images that are not used, by the reason.")
    left_out: dict[str, int] = Field({}, description="Files that are no images that are read, by their endings.")
    notes: tuple[str, ...] = Field((), description="How it was read where that might be meant otherwise.")


@dataclass(frozen=True)
class ImageSet:
    """Uploaded images, ready to be trained on.

    Attributes:
        name: its folder's name.
        root: the archive, which is read in place: nothing of it is unpacked to the disk.
        train: how many images for training each class has.
        test: the same for testing; empty where some of ``train`` are to be held out.
    """

    name: str
    root: Path
    about: About
    train: Mapping[str, int]
    test: Mapping[str, int]

    @property
    def data(self) -> DataSettings:
        """The settings with which a recipe reads it."""
        return DataSettings(name="image_folder", root=self.root)


def images_folder() -> Path:
    """Image sets that a person uploaded, one folder each."""
    return workspace() / "data" / "uploads"


def add_images(source: BinaryIO, filename: str, on_progress: "OnProgress | None" = None) -> tuple[ImageSet, bool]:
    """Take in a zip or tar archive of images, or an ``.npz`` of MedMNIST's form.

    Every image is decoded once, which training needs anyway.

    Args:
        source: the open file.
        filename: what the person calls it.
        on_progress: called with (done, total) while the images are decoded.

    Returns:
        The image set, and whether the same archive was there before.

    Raises:
        AncraError: it is no archive, unsafe, has no classes, or an image of it is broken; nothing is kept then.
    """
    from ancra.data.registry import load_dataset
    from ancra.data.report import report

    with received(source, filename, images_folder()) as path:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if is_tar(path):
            repack(path, path)
        check_archive(path)
        known = next((one for one in image_sets() if one.about.digest == digest), None)
        if known is not None:
            return known, True
        found = report(path, opened=False)
        if len(found.classes) > MAX_CLASSES:
            raise AncraError(f"{path} has {len(found.classes):,} classes, more than {MAX_CLASSES:,}: leave some out.")
        load_dataset(DataSettings(name="image_folder", root=path), on_progress)
        os.replace(path, path.with_name(ARCHIVE))
        said = {name: getattr(found, name) for name in ("labels", "train", "test", "unused", "left_out", "notes")}
        about = About(filename=Path(filename).name[:80], digest=digest, added=time(), **said)
        text = about.model_dump_json()
        replace_file(path.with_name("about.json"), lambda file: file.write(text.encode()))
        folder = free_path(images_folder(), file_name(Path(filename).stem, "images"))
        os.replace(path.parent, folder)
        folder.chmod(0o755)
        return image_set(folder.name), False


def image_sets() -> list[ImageSet]:
    """All uploaded image sets, by name; damaged ones are left out."""
    found = []
    for path in sorted(images_folder().glob("[a-z0-9]*/about.json")):
        try:
            found.append(_open(path.parent))
        except AncraError:
            continue
    return found


def damaged_image_sets() -> dict[Path, str]:
    """The folders of image sets that cannot be read, each with the sentence that says why."""
    found = {}
    for path in sorted(images_folder().glob("[a-z0-9]*/about.json")):
        try:
            _open(path.parent)
        except AncraError as error:
            found[path.parent] = str(error)
    return found


def image_set(name: str) -> ImageSet:
    """An uploaded image set by its name. Raises AncraError."""
    return _open(_folder(name))


def delete_images(name: str) -> None:
    """Move an uploaded image set into the bin. Raises AncraError."""
    discard(_folder(name))


def _folder(name: str) -> Path:
    known = [path.parent.name for path in images_folder().glob("[a-z0-9]*/about.json")]
    if name not in known:
        raise unknown_name("uploaded image set", name, known)
    return images_folder() / name


def _open(folder: Path) -> ImageSet:
    path = folder / "about.json"
    try:
        about = parse(About, read_json(path), str(path))
    except AncraError:
        raise AncraError(f"{path} is damaged: delete {folder} and upload the images again.") from None
    if about.train is not None and is_zipfile(folder / ARCHIVE):
        return ImageSet(folder.name, folder / ARCHIVE, about, about.train, about.test)
    return ImageSet(folder.name, folder / ARCHIVE, about, *_counts(folder / ARCHIVE))


def _counts(root: Path) -> tuple[Mapping[str, int], Mapping[str, int]]:
    from ancra.data.report import report

    found = report(root, opened=False)
    return found.train, found.test
