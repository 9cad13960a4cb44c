"""The files that a run keeps under ``checkpoints/`` in its folder; each is whole or not there."""

from pathlib import Path
from typing import Any

import torch

from ancra.checkpoints import Card, save_checkpoint
from ancra.data.dataset import Dataset
from ancra.data.digest import data_digest
from ancra.models.classifier import Classifier
from ancra.origin import versions
from ancra.recipe import Recipe
from ancra.run_files import RunFiles
from ancra.training.state import TrainingState, load_state, save_state


class Keeper:
    """Writes a run's checkpoints and its training state.

    Attributes:
        files: where they lie.
    """

    def __init__(self, folder: Path, recipe: Recipe, dataset: Dataset) -> None:
        self.files, self.recipe, self.dataset = RunFiles(folder), recipe, dataset
        self.images = data_digest(recipe.data)

    def state(self, device: torch.device) -> TrainingState | None:
        """What the run knew after its last whole epoch; None before the first. Raises AncraError."""
        return load_state(self.files.state_file, self.recipe, device)

    def forget(self, after: int) -> None:
        """Remove what the epochs after so many left behind, which training is about to make anew."""
        self.files.forget_epochs(after)
        if not after:
            self.files.best_checkpoint.unlink(missing_ok=True)

    def keep_model(self, model: Classifier, epoch: int, accuracies: dict[str, float], best: bool) -> None:
        """Keep the model after so many whole epochs: among all if the recipe asks, as the best if it is."""
        if self.recipe.keep_epochs:
            self._save(model, self.files.epoch_checkpoint(epoch), epoch, accuracies)
        if best:
            self._save(model, self.files.best_checkpoint, epoch, accuracies)

    def keep_state(self, **state: Any) -> None:
        """Keep what resuming needs; the arguments are the fields of ``TrainingState``. Raises OSError."""
        save_state(TrainingState(self.recipe.model_dump_json(), images=self.images, **state), self.files.state_file)

    def finish(self, model: Classifier, epochs: int, accuracies: dict[str, float]) -> Path:
        """Keep the finished model. Raises AncraError."""
        self._save(model, self.files.final_checkpoint, epochs, accuracies)
        return self.files.final_checkpoint

    def _save(self, model: Classifier, path: Path, epochs: int, accuracies: dict[str, float]) -> None:
        card = Card(
            name=self.recipe.name,
            title=self.recipe.title,
            description=self.recipe.description,
            recipe=self.recipe,
            dataset=self.recipe.data.name,
            classes=self.dataset.classes,
            image_shape=self.dataset.image_shape,
            model=self.recipe.model,
            versions=versions(),
            epochs_trained=epochs,
            validation=accuracies,
        )
        save_checkpoint(model, card, path)
