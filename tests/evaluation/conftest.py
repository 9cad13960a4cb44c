import pytest
import torch

from ancra.checkpoints import read_card
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.store import Store


@pytest.fixture
def store(tmp_path):
    return Store([tmp_path / "results"])


@pytest.fixture
def save_tiny(tmp_path, save_untrained):
    """Saves an untrained digits model of a few channels; gives its path and card."""

    def save(name: str, blocks: int = 2):
        path = save_untrained(tmp_path, name, name, blocks)
        return path, read_card(path)

    return save


@pytest.fixture(scope="session")
def untrained():
    """A small network of random weights with two reverse-attention blocks, at rest."""
    torch.manual_seed(1)
    return build_model(ModelSettings(width=4, reverse_attention_blocks=2), (1, 8, 8), 10).eval()
