"""Checkpoints: a model's weights in one safetensors file, with a card that says what it is.

Nothing in a checkpoint is ever unpickled. Finding checkpoints and reading cards needs no torch.
"""

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from ancra import limits
from ancra.data.settings import DataSettings
from ancra.errors import AncraError, unknown_name
from ancra.models.settings import ModelSettings
from ancra.paths import runs_folder, shipped_checkpoints, sweeps_folder, uploads_folder
from ancra.recipe import Recipe
from ancra.run_files import BEST, FINAL, RunFiles
from ancra.settings import Line, Record, Words, parse
from ancra.structured import json_value
from ancra.tensor_file import TensorFile, read_bytes, read_header, split

if TYPE_CHECKING:
    import torch

    from ancra.models.classifier import Classifier

CARD_KEY = "ancra_card"
SUFFIX = ".safetensors"
METHODS = ("natural", "natural-ra", "pgd-at", "trades", "mart", "pgd-at-ancra", "trades-ancra", "mart-ancra")
"""The ends of the names of the checkpoints that come with a set of images, in the order of the paper's tables."""


class Card(Record):
    """What a checkpoint says about itself."""

    name: Line = Field(description="Short name: lower case, digits, dashes.")
    title: Line = Field(description="The name shown to people, as the paper writes it.")
    description: Words = Field("", description="One sentence about it.")
    recipe: Recipe | None = Field(None, description="How it was trained; empty for weights made elsewhere.")
    dataset: Line = Field(description="The name of the dataset it was trained on.")
    trained_on: DataSettings | None = Field(None, description="The settings of its dataset where there is no recipe.")
    classes: tuple[Line, ...] = Field(min_length=2, description="The class names, in the order of the logits.")
    image_shape: tuple[int, int, int] = Field(description="Channels, height and width of its images.")
    model: ModelSettings
    evaluation: tuple[dict[str, Any], ...] = Field(
        (), max_length=limits.EVALUATIONS, description="Rows as `ancra evaluate --json` gives them."
    )
    versions: dict[str, str] = Field({}, description="Versions of the packages that made it.")
    epochs_trained: int | None = Field(None, ge=0, description="Epochs of training behind it.")
    validation: dict[str, float] = Field({}, description="Accuracies on held-out training images after them.")
    digest: str = Field("", description="16 hexadecimal digits that name the weights and the model settings.")

    @property
    def data(self) -> DataSettings:
        """The settings of the dataset it was trained on."""
        if self.recipe:
            return self.recipe.data
        return self.trained_on or DataSettings(name=self.dataset)

    @field_validator("image_shape")
    @classmethod
    def _is_an_image(cls, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        if not all(1 <= side <= limits.IMAGE_SIDE for side in shape):
            raise ValueError(f"channels, height and width must be from 1 to {limits.IMAGE_SIDE}")
        return shape


def save_checkpoint(model: "Classifier", card: Card, path: Path) -> Card:
    """Write a checkpoint; ``path`` is wholly the new file or untouched.

    Returns:
        The card as written, with its digest.

    Raises:
        AncraError: when the card describes another model, or the file cannot be written.
    """
    import torch
    from safetensors.torch import save

    described = (card.model, card.image_shape, len(card.classes))
    if described != (model.settings, model.image_shape, model.classes):
        raise AncraError(f"The card {card.name!r} describes another model than the one to be saved.")
    tensors = {
        key: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for key, tensor in model.state_dict().items()
    }
    return _write(split(save(tensors), path), card, path)


def load_checkpoint(path: Path | str, device: "torch.device | str" = "cpu") -> "tuple[Classifier, Card]":
    """The model of a checkpoint, in evaluation mode and 32-bit whatever the file's number format, and its card.

    Raises:
        AncraError: for a file that is missing, damaged, no checkpoint, or holds weights of another architecture.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    from ancra.models.weights import model_with_weights

    path = Path(path)
    content = read_bytes(path)
    file = split(content, path)
    card = _card(file, path)
    if card.digest and card.digest != file.digest(card.model.digest()):
        raise AncraError(f"{path} is damaged: its weights are not the ones that its card names; fetch it again.")
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise AncraError(f"{path} is damaged ({error}): fetch it again.") from None
    return model_with_weights(card.model, card.image_shape, len(card.classes), tensors, str(path)).to(device), card


def read_card(path: Path | str) -> Card:
    """The card of a checkpoint, from the file's header alone. Raises AncraError."""
    path = Path(path)
    try:
        now = os.stat(path)
    except OSError:
        return _read_card(path)  # says what is wrong with it
    return _kept_card(path, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)


def write_card(path: Path | str, card: Card) -> Card:
    """Replace the card of a checkpoint and keep its weights. Returns the card as written. Raises AncraError."""
    path = Path(path)
    return _write(split(read_bytes(path), path), card, path)


def keep_evaluation(path: Path | str, row: dict[str, Any]) -> Card:
    """Put an evaluation's row into the card, in place of an earlier one of the same samples and settings.

    Returns the card as written. Raises AncraError.
    """

    def same(other: dict[str, Any]) -> bool:
        return all(other.get(key) == row[key] for key in ("dataset", "samples", "settings"))

    card = read_card(path)
    kept = tuple(other for other in card.evaluation if not same(other))
    return write_card(path, card.model_copy(update={"evaluation": (*kept, row)}))


def find_checkpoints() -> list[tuple[Path, Card]]:
    """All checkpoints: the ones that come with the project, of runs, uploads, of sweeps; broken ones are left out.

    A run's best epoch is listed beside its last one where they differ.
    """
    found: dict[Path, Card] = {}
    for path in _paths():
        try:
            card = read_card(path)
        except AncraError:
            continue
        last = found.get(path.with_name(FINAL)) if path.name == BEST else None
        if last is None or last.digest != card.digest:
            found[path] = card
    return list(found.items())


def checkpoint_name(path: Path | str) -> str:
    """The name of a checkpoint: ``digits/trades-ancra``, ``runs/<run>``, ``uploads/<file>``; else the path itself.

    ``runs/<run>/best`` is a run's best epoch, ``sweeps/<sweep>/<run>`` a sweep's run.
    """
    path = Path(path).absolute()
    for folder, prefix in ((shipped_checkpoints(), ""), (uploads_folder(), "uploads/")):
        if path.is_relative_to(folder.absolute()):
            return prefix + path.relative_to(folder.absolute()).with_suffix("").as_posix()
    if path.name in (FINAL, BEST) and path.parent.name == "checkpoints":
        run, best = path.parents[1], "/best" if path.name == BEST else ""
        if run.parent == runs_folder().absolute():
            return f"runs/{run.name}{best}"
        if run.parent.name == "runs" and run.parents[2] == sweeps_folder().absolute():
            return f"sweeps/{run.parents[1].name}/{run.name}{best}"
    return str(path)


def named_digests(paths: Iterable[Path]) -> dict[str, str]:
    """The name of each checkpoint -> its digest. Raises AncraError for one that cannot be read."""
    return {checkpoint_name(path): read_card(path).digest for path in paths}


def resolve_checkpoint(name_or_path: str) -> Path:
    """The file of a checkpoint, by its path, its run's folder, its name, or the name's last part.

    A last part that several have means the first of: the ones that come with the project, runs, uploads, sweeps.

    Raises:
        AncraError: when there is none, with the nearest name; or when two that come with the project share the part.
    """
    path = Path(name_or_path)
    if os.path.isfile(path):
        return path
    if os.path.isdir(path) and (offered := _of_run(path)):
        return offered[0]
    if path.suffix in {SUFFIX, ".pt", ".pth"}:
        raise AncraError(f"There is no checkpoint file {name_or_path}.")
    named = {checkpoint_name(file): file for file in _paths()}
    if name_or_path in named:
        return named[name_or_path]
    matches = [name for name in named if name.rpartition("/")[2] == name_or_path]
    shipped = [name for name in matches if not name.startswith(("runs/", "uploads/", "sweeps/"))]
    if len(shipped) > 1:
        raise AncraError(f"{name_or_path!r} may mean {' or '.join(shipped)}: give the whole name.")
    if matches:
        return named[matches[0]]
    short = {name.rpartition("/")[2] for name in named}
    raise unknown_name("checkpoint", name_or_path, named if "/" in name_or_path else short)


def _read_card(path: Path) -> Card:
    return _card(read_header(path), path)


@lru_cache(maxsize=1024)
def _kept_card(path: Path, *_state: int) -> Card:
    # A page lists all checkpoints several times, and checking a card takes milliseconds.
    return _read_card(path)


def _card(file: TensorFile, path: Path) -> Card:
    text = file.metadata.get(CARD_KEY)
    if not isinstance(text, str):
        raise AncraError(f"{path} has no card: it was not made by this program.")
    return parse(Card, json_value(text, f"The card of {path}"), source=f"The card of {path}")


def _write(file: TensorFile, card: Card, path: Path) -> Card:
    card = card.with_changes(digest=file.digest(card.model.digest()))
    file.write(path, {CARD_KEY: card.model_dump_json()})
    return card


def _paths() -> list[Path]:
    shipped = sorted(shipped_checkpoints().rglob(f"*{SUFFIX}"), key=_in_tables)
    trained = [path for folder in sorted(runs_folder().glob("*")) for path in _of_run(folder)]
    swept = sorted(sweeps_folder().glob(f"*/runs/*/checkpoints/{FINAL}"))
    return [*shipped, *trained, *sorted(uploads_folder().glob(f"*{SUFFIX}")), *swept]


def _in_tables(path: Path) -> tuple[Path, int, str]:
    """What sorts checkpoints by their sets, and those of a set as the paper's tables do; others come after them."""
    return path.parent, METHODS.index(path.stem) if path.stem in METHODS else len(METHODS), path.stem


def _of_run(folder: Path) -> list[Path]:
    """The checkpoints that a run offers: of its last epoch once it is finished, and of its best one."""
    files = RunFiles(folder)
    return [path for path in (files.final_checkpoint, files.best_checkpoint) if path.is_file()]
