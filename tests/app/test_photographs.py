"""CIFAR-10's models on a machine without its images."""

from functools import partial
from threading import Event

import pytest

from ancra.checkpoints import read_card, resolve_checkpoint
from ancra.data.copies import CIFAR10_CLASSES
from ancra.data.digest import data_digest
from ancra.evaluation.robustness import checkpoint_report
from ancra.evaluation.subject import subjects_of
from ancra.evaluation.tables import row_of
from ancra.maps.settings import ModelMapSettings, resolve
from ancra.maps.store import find_model_map
from ancra.store import Store
from app.answers import images, maps


@pytest.fixture
def page(workspace, clear_caches, visit):
    """Opens a page on the models of photographs that come with the project."""
    return partial(visit, images="CIFAR-10")


def test_a_photograph_of_ours_is_attacked_at_once(page):
    at = page("attack")
    assert not at.exception
    assert not at.error
    said = " ".join(each.value for each in at.markdown)
    assert "the answer is cat at every step" in said
    assert "It looks robust" in said


def test_what_the_story_says_holds_for_that_photograph(page):
    at = page("attack")
    at.button_group(key="guide").set_value("2 Aim elsewhere").run()
    assert "The weakness was there all the time" in " ".join(each.value for each in at.markdown)


def test_the_images_are_offered_with_their_size_and_nothing_is_fetched_unasked(page):
    at = page("attack", source="Test image")
    assert not at.exception
    assert at.button(key="fetch").label == "Fetch it (170 MB)"
    place = images.missing("cifar10/trades")
    assert place is not None
    assert images.fetch_of(place) is None


def test_maps_that_are_not_stored_fetch_nothing_unasked(page, monkeypatch):
    fetched = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *args, **more: fetched.append(args))
    at = page("feature_maps", seed="7")
    assert not at.exception
    assert "ancra data get cifar10" in " ".join(each.value for each in at.error)
    assert not fetched


def test_images_that_vanish_after_a_download_are_offered_again(page, monkeypatch):
    come = Event()
    monkeypatch.setattr("app.answers.images.get", lambda *args, **more: come.wait(60))
    at = page("attack", source="Test image")
    at.button(key="fetch").click().run()
    place = images.missing("cifar10/trades")
    going = images.fetch_of(place)
    come.set()
    going.job.future.result(timeout=60)
    at.run()
    assert not at.exception
    assert images.fetch_of(place) is None
    assert at.button(key="fetch").label == "Fetch it (170 MB)"


def test_a_failed_download_says_why_and_can_be_pressed_again(page, monkeypatch):
    monkeypatch.setattr("torchvision.datasets.CIFAR10.url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    at = page("attack", source="Test image")
    at.button(key="fetch").click().run()
    going = images.fetch_of(images.missing("cifar10/trades"))
    assert going.job.future.exception(timeout=60) is not None
    at.run()
    assert "cannot be downloaded" in at.error[0].value
    assert at.button(key="fetch").label == "Fetch it (170 MB)"


def test_stored_numbers_are_those_of_the_copies_that_the_card_names(workspace):
    card = read_card(resolve_checkpoint("cifar10/trades-ancra"))
    own, copies = subjects_of(card)
    assert own[1] == data_digest(card.data)
    assert copies[1] == card.evaluation[-1]["images"] != own[1]
    row = row_of(card, card.title, checkpoint_report(card, Store()))
    assert row.cells["worst"].value == card.evaluation[-1]["worst"]
    assert row.samples == 10_000


def test_maps_of_the_copies_show_no_image(workspace):
    card = read_card(resolve_checkpoint("cifar10/trades-ancra"))
    found = find_model_map(card, resolve(card, ModelMapSettings()), Store())
    assert found.elsewhere
    assert found.pixels is None


def test_the_files_of_a_folder_are_looked_at_once_for_all_maps(workspace, clear_caches, monkeypatch):
    for part in ("train", "test"):
        for label in CIFAR10_CLASSES:
            (workspace / "data" / "cifar10" / part / label).mkdir(parents=True)
    looked = []
    monkeypatch.setattr("ancra.data.digest._contents", lambda root: looked.append(root) or "0" * 16)
    for name in ("pgd-at", "trades", "mart", "trades-ancra"):
        assert maps.stored_map(f"cifar10/{name}", ModelMapSettings()) is None
    assert looked == [workspace / "data" / "cifar10"]


@pytest.mark.parametrize("name", ["home", "robustness"])
def test_what_keeps_numbers_from_being_compared_is_said(page, name):
    asked = ({}, {"images": "Digits"})
    said, of_digits = (" ".join(each.value for each in page(name, **each_asked).caption) for each_asked in asked)
    assert "JPEG copies" in said
    assert "JPEG copies" not in of_digits
    assert "TRADES-ANCRA 11 of 20" in said
    assert "Fewer epochs" not in of_digits


@pytest.mark.parametrize("name", ["feature_maps", "robustness", "negatives", "home"])
def test_the_pages_open(page, name):
    at = page(name)
    assert not at.exception
    assert len(at.error) == (1 if name == "negatives" else 0)  # which needs the images, and says how to have them
