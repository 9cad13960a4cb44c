"""The training state on disk: what resuming needs, replaced as a whole or not at all."""

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ancra.data.digest import data_digest
from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.recipe import Recipe
from ancra.settings import parse
from ancra.training.schedule import same_until


@dataclass(frozen=True)
class TrainingState:
    """What a run knows after a whole epoch. Seeds follow from the recipe and the epoch, so no random state is kept.

    Attributes:
        recipe: the recipe it belongs to, as JSON. images: the digest of its images; None in states of older versions.
        epoch: whole epochs done.
        model, optimiser: their state dicts.
        average: that of the weight average, where there is one.
        best: what is known of the best epoch. accuracies: of the last epoch. None in states of older versions.
        overfitting: what is known of catastrophic overfitting; None in states of older versions.
    """

    recipe: str
    epoch: int
    model: dict[str, Tensor]
    optimiser: dict[str, Any]
    average: dict[str, Any] | None = None
    best: dict[str, Any] | None = None
    accuracies: dict[str, float] | None = None
    images: str | None = None
    overfitting: dict[str, Any] | None = None


def save_state(state: TrainingState, path: Path) -> None:
    """Write the state to ``path`` atomically. Raises OSError; the previous state is then still there."""
    # Into memory first: torch's own writer turns a full disk into a crash that says nothing of disks.
    content = BytesIO()
    torch.save(vars(state), content)
    replace_file(path, lambda file: file.write(content.getbuffer()))


def load_state(path: Path, recipe: Recipe, device: torch.device) -> TrainingState | None:
    """The state at ``path``, or None when there is none. Raises AncraError when it is damaged or of another recipe."""
    if not path.exists():
        return None
    try:
        state = TrainingState(**torch.load(path, map_location=device, weights_only=True))
    except Exception as error:  # torch raises a dozen kinds for files that are not what they should be
        raise AncraError(
            f"The training state {path} is damaged ({type(error).__name__}); delete it to start over."
        ) from None
    # Compared as settings, not as text: a later version may have added a setting.
    kept = parse(Recipe, json.loads(state.recipe), source=str(path))
    longer = recipe.is_longer(kept) and same_until(kept, recipe, state.epoch)
    if not (longer or kept.trains_as(recipe)) or (state.images is None and kept.data != recipe.data):
        raise AncraError(f"The training state {path} belongs to another recipe; train into another folder.")
    if state.images not in (None, data_digest(recipe.data)):
        raise AncraError(
            f"The images in {recipe.data.root} are not those that {path} was trained on: set data.root to where those "
            "lie, or train into another folder."
        )
    return state
