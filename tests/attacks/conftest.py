"""A small network with reverse attention and a batch it answers rightly."""

from dataclasses import dataclass

import pytest
import torch

from ancra.models.classifier import Classifier
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings


@dataclass(frozen=True)
class Case:
    """A model, images (N, 1, 8, 8) and the labels the model gives them."""

    model: Classifier
    images: torch.Tensor
    labels: torch.Tensor


@pytest.fixture(scope="module", params=[0, 2], ids=["plain", "reverse attention"])
def case(request: pytest.FixtureRequest) -> Case:
    """Both kinds of model."""
    torch.manual_seed(1)
    model = build_model(ModelSettings(reverse_attention_blocks=request.param, width=4), (1, 8, 8), 5).eval()
    images = torch.rand(12, 1, 8, 8)
    with torch.no_grad():
        labels = model(images).argmax(dim=1)
    return Case(model, images, labels)
