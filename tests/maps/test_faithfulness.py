import numpy as np
import pytest

from ancra.maps.faithfulness import faithfulness, kept_neighbours, movement, seed_movement
from ancra.maps.layout import make_map
from ancra.maps.settings import MapSettings


def test_a_map_that_is_the_space_keeps_everything(clusters):
    features, _ = clusters(60, width=2)
    found, shares = faithfulness(features, features, k=5)
    assert found.kept == 1
    assert found.trustworthiness == pytest.approx(1)
    assert shares.shape == (60,)


def test_a_shuffled_map_keeps_chance(clusters):
    features, _ = clusters(200, width=2)
    found, _ = faithfulness(features, np.random.default_rng(0).permutation(features), k=10)
    assert found.kept < 0.15
    assert found.trustworthiness < 0.7


def test_kept_neighbours_by_hand():
    true = np.array([[1, 2], [2, 0], [0, 1]])
    on_map = np.array([[2, 5], [0, 2], [4, 3]])
    assert kept_neighbours(true, on_map).tolist() == [0.5, 1.0, 0.0]


@pytest.mark.parametrize("count", [3, 6])
def test_few_points(count, clusters):
    features, _ = clusters(count)
    found, _ = faithfulness(features, features[:, :2], k=15)
    assert found.neighbours == count - 1
    assert found.trustworthiness is None


def test_turning_mirroring_shifting_and_scaling_is_no_movement(clusters):
    points, _ = clusters(50, width=2)
    moved = (points @ np.array([[0.6, 0.8], [0.8, -0.6]])) * 3 + 7
    assert movement(points, moved).max() < 1e-5


def test_movement_is_in_standard_deviations(clusters):
    points, _ = clusters(400, width=2)
    after = points.copy()
    spread = np.sqrt(((points - points.mean(0)) ** 2).sum(1).mean())
    after[3] += [spread, 0]
    moved = movement(points, after)
    assert moved.argmax() == 3
    assert moved[3] == pytest.approx(1, abs=0.05)


def test_maps_that_are_one_point(clusters):
    points, _ = clusters(10, width=2)
    assert np.isfinite(movement(points * 0, points)).all()
    assert np.isfinite(movement(points, points * 0)).all()


def test_another_seed_moves_points_a_little(clusters):
    features, _ = clusters(150)
    shown = make_map(features, MapSettings(epochs=60))
    moved = seed_movement(features, shown)
    assert 0 < np.median(moved) < 1
