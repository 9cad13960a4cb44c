from functools import partial

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ancra.paths import ROOT


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
def visit():
    """Opens a page of the app, with widgets set as a link would set them."""

    def visited(page: str, **query: str | list[str]) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app" / "streamlit_app.py"), default_timeout=90)
        for name, value in query.items():
            at.query_params[name] = value
        return at.run().switch_page(f"app_pages/{page}.py").run()

    return visited


@pytest.fixture
def open_page(home, visit):
    """Opens a page on the tiny models."""
    return partial(visit, images="Digits")


@pytest.fixture
def attack(open_page):
    """The Attack page with both models on one image."""
    return open_page("attack", attacked=["Tiny with attention · tiny-ra", "Tiny plain · tiny-plain"], image="5")
