"""What the contenders of the training benchmark train: a recipe's network and a batch."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.models.classifier import Classifier
from ancra.models.registry import build_model
from ancra.models.reverse_attention import label_rows
from ancra.recipe import Recipe, load_recipe

SEED = 0
CLASSES = 10


@dataclass(frozen=True)
class Case:
    """A network of a recipe, and the batch that every contender trains on."""

    title: str
    recipe: Recipe
    model: Classifier
    images: Tensor
    labels: Tensor

    def draws(self) -> torch.Generator:
        """The same random numbers for every contender."""
        return torch.Generator(self.images.device).manual_seed(SEED)


def make_case(name: str, title: str, batch: int, width: int, device: torch.device) -> Case:
    """A recipe's network after some plain steps, and a batch of digits in the shape that it takes."""
    recipe = load_recipe(name)
    recipe = recipe.with_changes(model={**recipe.model.model_dump(), "width": width})
    images, labels = load_dataset(DataSettings()).train.batch(slice(batch))
    if recipe.data.name != "digits":
        images = F.interpolate(images, size=(32, 32), mode="bilinear").expand(-1, 3, -1, -1).contiguous()
    torch.manual_seed(SEED)
    model = build_model(recipe.model, (images.shape[1], images.shape[2], images.shape[3]), CLASSES).to(device)
    images, labels = images.to(device), labels.to(device)
    optimiser = torch.optim.SGD(model.parameters(), 0.01, 0.9)
    for _ in range(10):
        optimiser.zero_grad()
        F.cross_entropy(model.predict(images, label_rows(labels)).logits, labels).backward()
        optimiser.step()
    model.zero_grad(set_to_none=True)
    return Case(title, recipe, model, images, labels)
