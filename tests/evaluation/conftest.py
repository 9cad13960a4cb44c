import pytest
import torch

from ancra.checkpoints import Card, read_card, save_checkpoint
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.recipe import Recipe
from ancra.store import Store


@pytest.fixture
def store(tmp_path):
    return Store([tmp_path / "results"])


@pytest.fixture
def save_tiny(tmp_path):
    """Saves an untrained digits model of a few channels; gives its path and card."""

    def save(name: str, blocks: int = 2):
        torch.manual_seed(len(name))
        settings = ModelSettings(width=4, reverse_attention_blocks=blocks)
        attack = {"epsilon": 0.2, "steps": 2, "objective": "joint"}
        recipe = Recipe.model_validate({"name": name, "title": name, "model": settings.model_dump(), "attack": attack})
        card = Card(
            name=name,
            title=name,
            recipe=recipe,
            dataset="digits",
            classes=tuple("0123456789"),
            image_shape=(1, 8, 8),
            model=settings,
        )
        path = tmp_path / f"{name}.safetensors"
        save_checkpoint(build_model(settings, (1, 8, 8), 10).eval(), card, path)
        return path, read_card(path)

    return save
