"""Images that one model loses and another keeps."""

import numpy as np
import pytest

from ancra.checkpoints import read_card
from ancra.paths import shipped_checkpoints
from ancra.reports.demonstration import STEPS, make_demonstration, stored_demonstration
from ancra.store import Store

PAIR = [shipped_checkpoints() / "digits" / f"{name}.safetensors" for name in ("natural", "pgd-at")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    store = Store([tmp_path_factory.mktemp("results")])
    return make_demonstration(*PAIR, store), store


def test_the_first_model_loses_every_image_and_the_second_keeps_it(made, digits):
    shown, _ = made
    assert shown.images.shape[:3] == (2, STEPS + 1, len(shown.labels))
    assert len(shown.labels) == len(set(shown.labels.tolist())) > 2
    answers = shown.chances.argmax(axis=-1)
    assert (answers[0, 0] == shown.labels).all()
    assert (answers[0, -1] != shown.labels).all()
    assert (answers[1] == shown.labels).all()
    assert shown.labels.tolist() == digits.test.labels[shown.indices].tolist()


def test_the_change_is_as_small_as_it_says_and_begins_at_the_image(made):
    shown, _ = made
    change = np.abs(shown.images.astype(int) - shown.natural.astype(int))
    assert change[:, 0].max() == 0
    assert 0 < change.max() <= round(shown.epsilon * 255) + 1  # both are rounded


def test_it_is_found_again_and_only_for_the_same_models(made, tmp_path):
    shown, store = made
    cards = [read_card(path) for path in PAIR]
    found = stored_demonstration(*cards, store)
    np.testing.assert_array_equal(found.images, shown.images)
    assert stored_demonstration(cards[1], cards[0], store) is None
    assert stored_demonstration(*cards, Store([tmp_path])) is None


def test_a_model_that_keeps_nothing_gives_no_image(tmp_path):
    shown = make_demonstration(PAIR[0], PAIR[0], Store([tmp_path]))
    assert len(shown.labels) == 0


def test_the_shipped_ones_are_those_of_the_shipped_models():
    cards = [read_card(path) for path in PAIR]
    assert stored_demonstration(*cards, Store()) is not None
