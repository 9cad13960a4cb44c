from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from ancra.checkpoints import Card, save_checkpoint
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.recipe import Recipe

APP = Path(__file__).parents[2] / "app" / "streamlit_app.py"
DIGITS = tuple(str(digit) for digit in range(10))


def save_tiny(folder: Path, name: str, title: str, blocks: int) -> None:
    """An untrained digits model of a few channels, as an upload."""
    torch.manual_seed(len(name))
    settings = ModelSettings(width=4, reverse_attention_blocks=blocks)
    model = build_model(settings, (1, 8, 8), 10).eval()
    recipe = Recipe.model_validate(
        {
            "name": name,
            "title": title,
            "model": settings.model_dump(),
            "attack": {"epsilon": 0.2, "steps": 2, "objective": "joint"},
        }
    )
    card = Card(
        name=name, title=title, recipe=recipe, dataset="digits", classes=DIGITS, image_shape=(1, 8, 8), model=settings
    )
    save_checkpoint(model, card, folder / "uploads" / f"{name}.safetensors")


@pytest.fixture
def clear_caches():
    """No answer of another test's workspace."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def home(workspace, clear_caches):
    """A workspace with one model with and one without reverse attention."""
    save_tiny(workspace, "tiny-ra", "Tiny with attention", 2)
    save_tiny(workspace, "tiny-plain", "Tiny plain", 0)
    return workspace


@pytest.fixture
def no_models(workspace, clear_caches, monkeypatch):
    monkeypatch.setattr("app.compute.find_checkpoints", list)


@pytest.fixture
def open_page(home):
    """Opens a page of the app on the tiny models, with widgets set as a link would set them."""

    def opened(page: str, **query: str) -> AppTest:
        at = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in {"images": "Digits", **query}.items():
            at.query_params[name] = value
        at.run()
        at.switch_page(f"app_pages/{page}.py")
        return at.run()

    return opened


@pytest.fixture
def attack(open_page):
    """The Attack page with both models on one image."""
    return open_page("attack", attacked=["Tiny with attention · tiny-ra", "Tiny plain · tiny-plain"], image="5")
