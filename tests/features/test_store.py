import numpy as np
import pytest

from ancra.checkpoints import Card, save_checkpoint
from ancra.errors import AncraError
from ancra.features.settings import FeatureSettings, with_epsilon
from ancra.features.store import checkpoint_features
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.store import Store

SETTINGS = FeatureSettings(attack="fgsm", epsilon=0.2, samples=30)


@pytest.fixture
def store(tmp_path):
    return Store([tmp_path / "results"])


@pytest.fixture
def checkpoint(tmp_path, attentive, digits, tiny_recipe):
    path = tmp_path / "model.safetensors"
    card = Card(
        name="model",
        title="Model",
        recipe=tiny_recipe,
        dataset="digits",
        classes=digits.classes,
        image_shape=digits.image_shape,
        model=attentive.settings,
    )
    return path, save_checkpoint(attentive, card, path)


def no_extraction(*_args):
    raise AssertionError("the features were stored already")


def test_a_second_request_is_read(checkpoint, store, monkeypatch):
    path, _ = checkpoint
    first = checkpoint_features(path, SETTINGS, store)
    monkeypatch.setattr("ancra.features.store._extract", no_extraction)
    again = checkpoint_features(path, SETTINGS, store)
    for name in ("features", "labels", "predictions", "confidences", "indices", "pixels"):
        np.testing.assert_array_equal(getattr(first.features, name), getattr(again.features, name))
    assert first.features.settings == again.features.settings
    assert again.features.classes == first.features.classes
    assert again.warning is None


def test_z_and_other_blocks_need_no_second_attack(checkpoint, store, monkeypatch):
    path, _ = checkpoint
    checkpoint_features(path, SETTINGS, store)
    monkeypatch.setattr("ancra.features.store._extract", no_extraction)
    for block in (0, 1, -1):
        assert (
            checkpoint_features(path, SETTINGS.with_changes(features="z", block=block), store).features.settings.block
            == block
        )


def test_attacks_that_are_one_without_auxiliary_logits_run_once(checkpoint, store, tmp_path, monkeypatch):
    attentive_path, card = checkpoint
    model = build_model(ModelSettings(width=4), card.image_shape, 10).eval()
    path = tmp_path / "plain.safetensors"
    save_checkpoint(model, card.with_changes(name="plain", model=model.settings), path)
    pgd, adaptive = (SETTINGS.with_changes(attack=name) for name in ("pgd1", "adaptive1"))
    for each in (path, attentive_path):
        checkpoint_features(each, pgd, store)
    monkeypatch.setattr("ancra.features.store._extract", no_extraction)
    assert checkpoint_features(path, adaptive, store).features.settings.attack == "adaptive1"
    with pytest.raises(AssertionError, match="stored already"):
        checkpoint_features(attentive_path, adaptive, store)


def test_other_settings_are_another_result(checkpoint, store):
    path, _ = checkpoint
    weak = checkpoint_features(path, SETTINGS.with_changes(epsilon=0.01), store).features
    strong = checkpoint_features(path, SETTINGS.with_changes(epsilon=0.3), store).features
    assert np.abs(weak.features - strong.features).max() > 1e-4


def test_the_epsilon_is_the_recipes(checkpoint):
    _, card = checkpoint
    assert with_epsilon(SETTINGS.with_changes(epsilon=None), card).epsilon == card.recipe.attack.epsilon == 0.2
    assert with_epsilon(SETTINGS.with_changes(epsilon=0.1), card).epsilon == 0.1
    assert with_epsilon(SETTINGS.with_changes(attack="natural", epsilon=0.1), card).epsilon is None


def test_a_stored_result_that_lacks_arrays_is_made_again(checkpoint, store):
    path, _ = checkpoint
    first = checkpoint_features(path, SETTINGS, store).features
    (file,) = (store.folders[0] / "features").iterdir()
    digests = file.stem.split("-")
    store.put("features", *digests, arrays={}, meta={"blocks": 2, "names": ["z_prime:1"]})
    np.testing.assert_array_equal(checkpoint_features(path, SETTINGS, store).features.features, first.features)


def test_a_store_that_cannot_be_written_warns(checkpoint, tmp_path):
    path, _ = checkpoint
    (tmp_path / "file").write_text("")
    found = checkpoint_features(path, SETTINGS, Store([tmp_path / "file"]))
    assert len(found.features) == 30
    assert "could not be stored" in found.warning


def test_a_block_that_is_not_there(checkpoint, store):
    path, _ = checkpoint
    for _ in range(2):
        with pytest.raises(AncraError, match="no block 5"):
            checkpoint_features(path, SETTINGS.with_changes(block=5), store)
