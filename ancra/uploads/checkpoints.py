"""Checkpoints and bare weights that a person sends, into the workspace's folder of uploads."""

import os
import zipfile
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ancra import limits
from ancra.bin import discard
from ancra.checkpoints import (
    CARD_KEY,
    SUFFIX,
    Card,
    checkpoint_name,
    find_checkpoints,
    load_checkpoint,
    save_checkpoint,
    write_card,
)
from ancra.data.archive import check_sizes
from ancra.data.settings import NO_IMAGES, DataSettings
from ancra.errors import AncraError, unknown_name
from ancra.models.settings import ModelSettings
from ancra.paths import uploads_folder
from ancra.uploads.images import images_folder
from ancra.uploads.receiving import file_name, free_path, received

if TYPE_CHECKING:
    from torch import nn

    from ancra.models.classifier import Classifier
    from ancra.models.recognition import Recognised
    from ancra.models.weight_files import WeightFile

LONGEST_TITLE = 80
_WEIGHT_RATIO = 4  # weights are noise: nothing shrinks them further


@dataclass(frozen=True)
class Added:
    """A model that is there now.

    Attributes:
        name: of the checkpoint, as all lists show it.
        known: whether the same weights were there before; nothing was added then.
    """

    name: str
    known: bool


def add_checkpoint(source: BinaryIO, filename: str) -> Added:
    """Take in a checkpoint of this program: its card and every tensor of it is checked.

    Args:
        source: the open file.
        filename: what the person calls it.

    Raises:
        AncraError: it is damaged, cut off, no checkpoint of this program, or too large; nothing is kept then.
    """
    with received(source, filename, uploads_folder()) as path:
        model, card = load_checkpoint(path)
        _require_finite(model, path)
        if len(card.title) > LONGEST_TITLE or not card.title.strip():
            raise AncraError(f"The card of {path} has no title of at most {LONGEST_TITLE} characters: correct it.")
        at_home = _without_folders(card)
        if at_home != card or not card.digest:
            card = write_card(path, at_home)
        return _keep(path, card)


def _without_folders(card: Card) -> Card:
    """The card without folders of this machine that its maker named: a file from anywhere opens none of them."""
    root = card.data.root
    if root is None or root.expanduser().resolve().is_relative_to(images_folder().resolve()):
        return card
    if card.recipe:
        return card.model_copy(update={"recipe": card.recipe.with_changes(data=card.data.with_changes(root=None))})
    return card.model_copy(update={"trained_on": card.data.with_changes(root=None)})


@dataclass(frozen=True)
class Unrecognised:
    """Weights whose network has to be named by a person.

    Attributes:
        reason: why none was recognised.
        channels, classes: of its images and answers, by the first and the last of its tensors.
        aside: sentences on what of the file was left out or changed.
    """

    reason: str
    channels: int
    classes: int
    aside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answers:
    """What a model without images takes and answers: the names of its classes, and (C, H, W)."""

    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]


def numbered(count: int) -> tuple[str, ...]:
    """Names for classes that have none: ``class 0`` and so on."""
    return tuple(f"class {index}" for index in range(count))


def take(source: BinaryIO, filename: str) -> "Added | Recognised | Unrecognised":
    """A checkpoint of this program is added; of any other weight file it is said what it holds. Contents decide.

    Raises:
        AncraError: as ``add_checkpoint`` and ``inspect_weights``.
    """
    if _has_card(source):
        return add_checkpoint(source, filename)
    return inspect_weights(source, filename)


def inspect_weights(source: BinaryIO, filename: str) -> "Recognised | Unrecognised":
    """Which network a weight file belongs to; nothing is kept, and nothing in it is run.

    Raises:
        AncraError: it is damaged, cut off, or holds what cannot be read safely; or it gives one number an image.
    """
    from ancra.models.fitting import class_count, image_channels, one_output
    from ancra.models.recognition import recognise

    with received(source, filename, uploads_folder()) as path:
        file = _read(path)
        tensors = file.tensors
        single = one_output(tensors)
        if single is not None:
            bias = f"{single.removesuffix('weight')}bias"
            names = [name for name in (single, bias) if name in tensors]
            raise AncraError(
                f"{path} gives one number an image ({single!r} has one row), and two columns are needed: where it was "
                f"made, save it after w[name] = torch.cat([torch.zeros_like(w[name]), w[name]]) for name in {names}."
            )
        try:
            found = recognise(tensors)
        except AncraError as error:
            return Unrecognised(str(error), image_channels(tensors), class_count(tensors), file.aside)
        return replace(found, aside=(*found.aside, *file.aside))


def add_weights(
    source: BinaryIO, filename: str, title: str, model: ModelSettings, images: DataSettings | Answers
) -> Added:
    """Take in the weights of a file, as a checkpoint with a card.

    Args:
        source: the open file.
        filename: what the person calls it.
        title: what the model is called in all lists.
        model: which network the weights belong to, with its normalisation and reverse attention.
        images: the dataset it is measured on, which must be at hand and gives classes and image shape; or these alone.

    Raises:
        AncraError: as ``inspect_weights``; or weights and settings do not fit, or the dataset is not there.
    """
    from ancra.models.weights import reference_model

    _check_title(title)
    with received(source, filename, uploads_folder()) as path:
        tensors, about = _read(path).tensors, _about(images)
        network = reference_model(tensors, model, about.image_shape, len(about.classes), str(path))
        return _added(network, Path(filename).stem, title, images, about, path)


def add_network(name: str, title: str, model: ModelSettings, images: DataSettings | Answers) -> Added:
    """Take in the network that a plugin's function gives, with the weights that it has, as a checkpoint.

    Args:
        name: short name. The others as ``add_weights``.

    Raises:
        AncraError: as ``ancra.models.registry.build_model``; the dataset is not there.
    """
    from ancra.models.registry import build_model

    _check_title(title)
    about = _about(images)
    network = build_model(model, about.image_shape, len(about.classes)).eval()
    with received(BytesIO(b"0"), name, uploads_folder()) as path:
        return _added(network, name, title, images, about, path)


def _about(images: DataSettings | Answers) -> Answers:
    from ancra.data.places import require_here
    from ancra.data.registry import load_dataset

    if isinstance(images, Answers):
        return images
    require_here(images)  # an upload fetches what nobody asked for no more than a page does
    dataset = load_dataset(images)
    return Answers(dataset.classes, dataset.image_shape)


def _added(
    network: "Classifier", name: str, title: str, images: DataSettings | Answers, about: Answers, path: Path
) -> Added:
    _require_finite(network, path)
    data = DataSettings(name=NO_IMAGES) if isinstance(images, Answers) else images
    card = Card(
        name=file_name(name, "model"),
        title=title.strip(),
        description="Weights that were trained elsewhere.",
        dataset=data.name,
        trained_on=data,
        classes=about.classes,
        image_shape=about.image_shape,
        model=network.settings,
    )
    converted = path.with_suffix(SUFFIX)
    return _keep(converted, save_checkpoint(network, card, converted))


def _check_title(title: str) -> None:
    if not title.strip() or len(title) > LONGEST_TITLE:
        raise AncraError(f"Give the model a title of at most {LONGEST_TITLE} characters.")


def _has_card(source: BinaryIO) -> bool:
    head = source.read(8)
    length = int.from_bytes(head, "little")
    text = source.read(length) if 2 <= length <= limits.CARD_BYTES else b""
    source.seek(0)
    return CARD_KEY.encode() in text


def uploaded_checkpoints() -> list[tuple[Path, Card]]:
    """The checkpoints in the folder of uploads."""
    return [(path, card) for path, card in find_checkpoints() if path.parent == uploads_folder()]


def delete_checkpoint(name: str) -> None:
    """Move an uploaded checkpoint into the bin, by the name that all lists show. Raises AncraError."""
    named = {checkpoint_name(path): path for path, _ in uploaded_checkpoints()}
    if name not in named:
        raise unknown_name("uploaded checkpoint", name, named)
    discard(named[name])


def _keep(path: Path, card: Card) -> Added:
    known = [(other, its) for other, its in find_checkpoints() if its.digest == card.digest]
    for other, its in known:
        if its.data.is_none and not card.data.is_none and other.parent == uploads_folder():
            write_card(other, its.with_changes(dataset=card.dataset, trained_on=card.trained_on, classes=card.classes))
            return Added(checkpoint_name(other), known=True)
    if known:
        return Added(checkpoint_name(known[0][0]), known=True)
    target = free_path(uploads_folder(), file_name(card.name, "model"), SUFFIX)
    os.replace(path, target)
    return Added(checkpoint_name(target), known=False)


def _read(path: Path) -> "WeightFile":
    from ancra.models.weight_files import read_weight_file

    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            raise AncraError(f"{path} cannot be read safely: it is damaged or cut off.") from None
        check_sizes(path, members, _WEIGHT_RATIO)
    return read_weight_file(path)


def _require_finite(model: "nn.Module", path: Path) -> None:
    for name, tensor in model.state_dict().items():
        if not tensor.isfinite().all():
            raise AncraError(f"{path} holds weights that are no numbers ({name}): its training went wrong.")
