import numpy as np
import pytest
import torch
from torch import nn

from ancra.errors import AncraError
from ancra.features.extraction import extract_all, extract_features
from ancra.features.settings import FeatureSettings

SAMPLE = FeatureSettings(samples=40, seed=3)
ATTACKED = SAMPLE.with_changes(attack="fgsm", epsilon=0.2)


def test_natural_features_are_those_of_the_model(attentive, digits):
    found = extract_features(attentive, digits, SAMPLE)
    images, labels = digits.test.batch(torch.from_numpy(found.indices))
    with torch.no_grad():
        prediction = attentive.eval().predict(images)
    np.testing.assert_allclose(found.features, prediction.features_after[-1].numpy(), atol=1e-6)
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.predictions, prediction.classes)
    np.testing.assert_allclose(found.confidences, prediction.logits.softmax(1).max(1).values, atol=1e-6)
    assert found.features.dtype == np.float32
    assert found.pixels.dtype == np.uint8
    np.testing.assert_array_equal(found.pixels, (images * 255).round().to(torch.uint8))
    assert found.classes == digits.classes
    assert found.condition == "No attack"


@pytest.mark.parametrize("features", ["z", "z_prime"])
@pytest.mark.parametrize("block", [0, 1, -1, -2])
def test_every_block_before_and_after_attention(attentive, digits, features, block):
    found = extract_features(attentive, digits, SAMPLE.with_changes(features=features, block=block))
    images, _ = digits.test.batch(torch.from_numpy(found.indices))
    with torch.no_grad():
        prediction = attentive.eval().predict(images)
    expected = prediction.features_before if features == "z" else prediction.features_after
    np.testing.assert_allclose(found.features, expected[block].numpy(), atol=1e-6)


def test_without_reverse_attention_z_is_z_prime(plain, digits):
    before = extract_features(plain, digits, SAMPLE.with_changes(features="z"))
    np.testing.assert_array_equal(before.features, extract_features(plain, digits, SAMPLE).features)


def test_adversarial_images_stay_in_the_ball_and_change_the_features(attentive, digits):
    natural, attacked = (extract_features(attentive, digits, settings) for settings in (SAMPLE, ATTACKED))
    np.testing.assert_array_equal(natural.indices, attacked.indices)
    change = np.abs(natural.pixels.astype(int) - attacked.pixels)
    assert 0 < change.max() <= round(0.2 * 255) + 1
    assert np.abs(natural.features - attacked.features).max() > 1e-4
    assert attacked.condition == "FGSM"


def test_the_same_settings_give_the_same_features(attentive, digits):
    settings = SAMPLE.with_changes(attack="pgd10", epsilon=0.1, samples=300)
    first, second = (extract_features(attentive, digits, settings) for _ in range(2))
    np.testing.assert_array_equal(first.features, second.features)
    np.testing.assert_array_equal(first.pixels, second.pixels)


def test_the_model_is_left_as_it_was(attentive, digits):
    attentive.train()
    before = {name: value.clone() for name, value in attentive.state_dict().items()}
    extract_features(attentive, digits, ATTACKED)
    assert attentive.training
    assert all(torch.equal(value, before[name]) for name, value in attentive.state_dict().items())
    assert all(parameter.grad is None for parameter in attentive.parameters())


def test_progress_counts_images(plain, digits):
    seen = []
    extract_features(plain, digits, SAMPLE.with_changes(samples=300), lambda done, total: seen.append((done, total)))
    assert seen == [(256, 300), (300, 300)]


def test_one_pass_holds_all_blocks(attentive, plain, digits):
    assert set(extract_all(attentive, digits, SAMPLE).features) == {"z:0", "z:1", "z_prime:0", "z_prime:1"}
    assert set(extract_all(plain, digits, SAMPLE).features) == {"z_prime:0"}


def test_the_training_split(plain, digits):
    found = extract_features(plain, digits, SAMPLE.with_changes(split="train", samples=None))
    assert len(found) == len(digits.train)


def test_what_cannot_be_extracted_says_so(attentive, digits):
    with pytest.raises(AncraError, match="There is no block 2"):
        extract_features(attentive, digits, SAMPLE.with_changes(block=2))
    with pytest.raises(AncraError, match="needs an epsilon"):
        extract_features(attentive, digits, SAMPLE.with_changes(attack="pgd10"))
    with pytest.raises(AncraError, match="gives no features"):
        extract_features(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), digits, SAMPLE)
    with pytest.raises(AncraError, match="did you mean 'pgd10'"):
        FeatureSettings(attack="pdg10")


def test_the_source_names_the_images_not_the_features():
    assert ATTACKED.source == ATTACKED.with_changes(features="z", block=0).source
    assert ATTACKED.source != ATTACKED.with_changes(epsilon=0.1).source
    assert SAMPLE.source == SAMPLE.with_changes(epsilon=0.1).source
    assert SAMPLE.source != SAMPLE.with_changes(seed=4).source
