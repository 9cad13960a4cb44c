import numpy as np
import pytest

from ancra.errors import AncraError
from ancra.features.extraction import extract_features
from ancra.features.settings import FeatureSettings
from ancra.features.trajectory import extract_path

ATTACKED = FeatureSettings(attack="pgd10", epsilon=0.2, samples=20)


def test_the_features_along_the_way(attentive, digits):
    path = extract_path(attentive, digits, ATTACKED, steps=[10, 0, 4])
    assert path.steps.tolist() == [0, 4, 10]
    natural = extract_features(attentive, digits, ATTACKED.with_changes(attack="natural"))
    assert path.features.shape == (3, *natural.features.shape)
    assert path.predictions.shape == path.confidences.shape == (3, 20)
    np.testing.assert_array_equal(path.indices, natural.indices)
    away = np.linalg.norm(path.features - natural.features, axis=2).mean(axis=1)
    assert away[0] < away[2]


def test_default_steps_reach_from_the_start_to_the_end(attentive, digits):
    path = extract_path(attentive, digits, ATTACKED.with_changes(samples=5, features="z", block=0))
    assert path.steps[0] == 0
    assert path.steps[-1] == 10
    assert len(path.steps) == 9


def test_what_has_no_way_says_so(attentive, digits):
    with pytest.raises(AncraError, match="needs an attack"):
        extract_path(attentive, digits, FeatureSettings())
    with pytest.raises(AncraError, match="steps 0 to 10"):
        extract_path(attentive, digits, ATTACKED, steps=[11])
