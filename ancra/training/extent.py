"""How much a run trains: images, steps and parameters, counted before anything is computed."""

from dataclasses import dataclass

import torch

from ancra.data.batches import derived_seed, epoch_batches
from ancra.data.dataset import Dataset, Split
from ancra.models.registry import build_model
from ancra.recipe import Recipe
from ancra.training.batches import hold_out


@dataclass(frozen=True)
class Extent:
    """The sizes of a run.

    Attributes:
        images: how many it trains on. validated: how many of the held-out ones tell the best epoch.
        classes: how many the model tells apart. parameters: how many are trained.
        steps: of each epoch.
    """

    images: int
    validated: int
    classes: int
    parameters: int
    steps: int


def extent(recipe: Recipe, dataset: Dataset) -> Extent:
    """Count what a recipe trains on a dataset; no image is read and no weight is made.

    Raises:
        AncraError: there are too few images, or the network does not fit them.
    """
    labels = dataset.train.labels
    training, held_out = hold_out(
        Split(torch.empty((len(labels), 1, 0, 0), dtype=torch.uint8), labels),
        recipe.validation.fraction,
        derived_seed(recipe.seed, "hold out"),
    )
    with torch.device("meta"):
        model = build_model(recipe.model, dataset.image_shape, len(dataset.classes))
    return Extent(
        images=len(training),
        validated=min(len(held_out), recipe.validation.samples),
        classes=len(dataset.classes),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        steps=len(epoch_batches(len(training), recipe.batch_size, 0)[: recipe.steps_per_epoch]),
    )
