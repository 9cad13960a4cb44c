from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[2] / "app" / "streamlit_app.py"


@pytest.fixture
def clear_caches():
    """No answer of another test's workspace."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def home(workspace, clear_caches, save_untrained):
    """A workspace with one model with and one without reverse attention."""
    save_untrained(workspace / "uploads", "tiny-ra", "Tiny with attention", 2)
    save_untrained(workspace / "uploads", "tiny-plain", "Tiny plain", 0)
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
