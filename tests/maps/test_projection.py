import numpy as np
import pytest

from ancra.errors import AncraError
from ancra.maps.projection import project
from ancra.maps.settings import MapSettings

CORNERS = np.array([[0, 0], [5, 0], [0, 5]])


@pytest.fixture
def mapped(clusters):
    """Features of three clusters, and their places in three corners of a map."""
    features, labels = clusters(120)
    return features, CORNERS[labels] + np.random.default_rng(0).normal(size=(120, 2)) * 0.1


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "correlation"])
def test_a_mapped_point_lands_on_its_own_place(metric, mapped):
    features, places = mapped
    found = project(features[:7], features, places, MapSettings(metric=metric))
    np.testing.assert_allclose(found.positions, places[:7], atol=1e-4)
    np.testing.assert_array_equal(found.neighbours[:, 0], np.arange(7))
    assert found.distance.max() < 0.1


def test_a_new_point_lands_in_its_cluster(clusters, mapped):
    features, places = mapped
    new, labels = clusters(30, seed=0, spread=0.25)
    found = project(new, features, places, MapSettings())
    nearest = np.linalg.norm(found.positions[:, None] - CORNERS, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, labels)


def test_a_point_like_nothing_on_the_map_is_told(mapped):
    features, places = mapped
    found = project(features[:2] + np.array([[0.0], [100.0]], np.float32), features, places, MapSettings())
    assert found.distance[0] < 1
    assert found.distance[1] > 20


def test_three_dimensions_and_few_points(mapped):
    features, places = mapped
    places = np.random.default_rng(0).normal(size=(3, 3))
    assert project(features[:1], features[:3], places, MapSettings()).positions.shape == (1, 3)


def test_features_of_another_kind_are_refused(mapped):
    features, places = mapped
    with pytest.raises(AncraError, match="Features of 5 values"):
        project(np.zeros((1, 5)), features, places, MapSettings())
    with pytest.raises(AncraError, match="not finite"):
        project(features[:1] * np.nan, features, places, MapSettings())
