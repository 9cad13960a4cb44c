"""Checkpoints and bare weights that a person sends, into the workspace's folder of uploads."""

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ancra.bin import discard
from ancra.checkpoints import (
    SUFFIX,
    Card,
    checkpoint_name,
    find_checkpoints,
    load_checkpoint,
    save_checkpoint,
    write_card,
)
from ancra.data.archive import check_sizes
from ancra.data.settings import DataSettings
from ancra.errors import AncraError, unknown_name
from ancra.models.settings import ModelSettings
from ancra.paths import uploads_folder
from ancra.uploads.images import images_folder
from ancra.uploads.receiving import file_name, free_path, received

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ancra.models.recognition import Recognised

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


def inspect_weights(source: BinaryIO, filename: str) -> "Recognised":
    """Which network a ``.pt`` or ``.pth`` file holds weights of; nothing is kept, and nothing in it is run.

    Raises:
        AncraError: it is damaged, cut off, holds more than tensors, or weights of another network.
    """
    from ancra.models.recognition import recognise

    with received(source, filename, uploads_folder()) as path:
        return recognise(_read(path))


def add_weights(source: BinaryIO, filename: str, title: str, model: ModelSettings, data: DataSettings) -> Added:
    """Take in the weights of a ``.pt`` or ``.pth`` file, as a checkpoint with a card.

    Args:
        source: the open file.
        filename: what the person calls it.
        title: what the model is called in all lists.
        model: which network the weights belong to, with its normalisation and reverse attention.
        data: the dataset it was trained on, which must be at hand: it gives the classes and the images' shape.

    Raises:
        AncraError: as ``inspect_weights``; or weights and settings do not fit, or the dataset is not there.
    """
    from ancra.data.registry import load_dataset
    from ancra.models.weights import reference_model

    if not title.strip() or len(title) > LONGEST_TITLE:
        raise AncraError(f"Give the model a title of at most {LONGEST_TITLE} characters.")
    with received(source, filename, uploads_folder()) as path:
        tensors, dataset = _read(path), load_dataset(data)
        network = reference_model(tensors, model, dataset.image_shape, len(dataset.classes), str(path))
        _require_finite(network, path)
        card = Card(
            name=file_name(Path(filename).stem, "model"),
            title=title.strip(),
            description="Weights that were trained elsewhere.",
            dataset=data.name,
            trained_on=data,
            classes=dataset.classes,
            image_shape=dataset.image_shape,
            model=model,
        )
        converted = path.with_suffix(SUFFIX)
        return _keep(converted, save_checkpoint(network, card, converted))


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
    known = next((other for other, its in find_checkpoints() if its.digest == card.digest), None)
    if known is not None:
        return Added(checkpoint_name(known), known=True)
    target = free_path(uploads_folder(), file_name(card.name, "model"), SUFFIX)
    os.replace(path, target)
    return Added(checkpoint_name(target), known=False)


def _read(path: Path) -> "dict[str, Tensor]":
    from ancra.models.weights import read_weights

    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            raise AncraError(f"{path} cannot be read safely: it is damaged or cut off.") from None
        check_sizes(path, members, _WEIGHT_RATIO)
    return read_weights(path)


def _require_finite(model: "nn.Module", path: Path) -> None:
    for name, tensor in model.state_dict().items():
        if not tensor.isfinite().all():
            raise AncraError(f"{path} holds weights that are no numbers ({name}): its training went wrong.")
