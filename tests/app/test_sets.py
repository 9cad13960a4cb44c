"""The switch between sets of images, on the models that come with the project."""

import pytest

from ancra.checkpoints import METHODS
from app import state
from app.answers.models import models_by_set, set_of


@pytest.fixture
def page(workspace, clear_caches, visit):
    """Opens a page on the models that come with the project."""
    return visit


def test_every_set_that_has_models_is_offered_and_fashion_comes_first(workspace, clear_caches):
    found = models_by_set()
    assert list(found)[:2] == ["Fashion", "Digits"]
    assert all(set_of(name) == title for title, names in found.items() for name in names)


def test_the_models_of_a_set_stand_in_the_order_of_the_papers_tables(workspace, clear_caches):
    assert [name.rpartition("/")[2] for name in models_by_set()["Fashion"]] == list(METHODS)


def test_the_app_opens_on_fashion_and_the_models_follow_the_switch(page):
    at = page("attack")
    assert not at.exception
    assert at.session_state["attacked"] == ["fashion_mnist/trades-ancra", "fashion_mnist/pgd-at"]
    assert at.session_state["image"] == 114
    at.button_group(key=state.IMAGES).set_value("Digits").run()
    assert not at.exception
    assert at.session_state["attacked"] == ["digits/natural-ra", "digits/pgd-at"]


def test_a_link_opens_its_set(page):
    at = page("attack", images="Digits", attacked="TRADES")
    assert not at.exception
    assert at.session_state["attacked"] == ["digits/trades"]


def test_a_link_from_page_to_page_brings_its_set(page):
    at = page("robustness")
    assert at.session_state[state.IMAGES] == "Fashion"
    at.query_params[state.IMAGES] = "Digits"
    at.query_params["attacked"] = "TRADES"
    at.switch_page("app_pages/attack.py").run()
    assert not at.exception
    assert at.session_state["attacked"] == ["digits/trades"]
    at.button_group(key=state.IMAGES).set_value("Fashion").run()
    assert not at.exception
    assert at.session_state[state.IMAGES] == "Fashion"


def test_home_says_whose_numbers_it_shows(page):
    assert "Fashion-MNIST" in " ".join(each.value for each in page("home").caption)
    assert "Handwritten digits" in " ".join(each.value for each in page("home", images="Digits").caption)
