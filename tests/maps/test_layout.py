import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from ancra.errors import AncraError
from ancra.features.neighbours import find_neighbours
from ancra.maps.faithfulness import movement
from ancra.maps.layout import align, make_map, make_map_beside, make_maps, pca_positions
from ancra.maps.settings import MAP_PRESETS, MapSettings

FAST = MapSettings(epochs=60)


def test_clusters_stay_clusters(clusters):
    features, labels = clusters(150)
    made = make_map(features, FAST)
    assert made.positions.shape == (150, 2)
    assert made.positions.dtype == np.float32
    assert made.engine == "umap-learn"
    assert silhouette_score(made.positions, labels) > 0.6


@pytest.mark.parametrize("name", MAP_PRESETS)
def test_presets(name, clusters):
    features, labels = clusters(150)
    made = make_map(features, MAP_PRESETS[name].with_changes(epochs=60))
    assert np.isfinite(made.positions).all()
    assert silhouette_score(made.positions, labels) > 0.5


@pytest.mark.parametrize("dimensions", [2, 3])
def test_points_beside_others_that_stay_go_to_their_own_cluster(clusters, dimensions):
    features, labels = clusters(150)
    settings = MapSettings(dimensions=dimensions)  # as many epochs as a map of the app has
    still = make_map(features, settings).positions
    both = np.concatenate([features, features + 1e-3])
    elsewhere = still[np.random.default_rng(0).permutation(len(still))]
    made = make_map_beside(both, settings, still, elsewhere, find_neighbours(both, 15))
    again = make_map_beside(both, settings, still, elsewhere, find_neighbours(both, 15))
    np.testing.assert_array_equal(made.positions[:150], still)
    np.testing.assert_array_equal(made.positions, again.positions)
    middles = np.stack([still[labels == label].mean(axis=0) for label in np.unique(labels)])
    nearest = np.linalg.norm(made.positions[150:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == labels).mean() > 0.95


def test_three_dimensions(clusters):
    assert make_map(clusters()[0], FAST.with_changes(dimensions=3)).positions.shape == (120, 3)


def test_the_same_seed_gives_the_same_map_and_another_seed_another(clusters):
    features, _ = clusters()
    first, again = make_map(features, FAST), make_map(features, FAST)
    other = make_map(features, FAST.with_changes(seed=1))
    np.testing.assert_array_equal(first.positions, again.positions)
    assert np.abs(first.positions - other.positions).max() > 1e-3


def test_given_neighbours_give_the_same_map(clusters):
    features, _ = clusters()
    made = make_map(features, FAST, neighbours=find_neighbours(features, 30))
    np.testing.assert_array_equal(made.positions, make_map(features, FAST).positions)


def test_neighbours_of_another_metric_are_not_used(clusters):
    features, _ = clusters()
    made = make_map(features, FAST, neighbours=find_neighbours(features, 30, "cosine"))
    np.testing.assert_array_equal(made.positions, make_map(features, FAST).positions)


def test_pca_is_at_once_and_turned_onto_the_other_map(clusters):
    features, _ = clusters()
    settings = MapSettings(method="pca")
    first = make_map(features, settings)
    turned = make_map(features, settings, init=first.positions[:, ::-1].copy())
    np.testing.assert_allclose(turned.positions, first.positions[:, ::-1], atol=1e-4)
    assert first.engine == "PCA"


def test_a_second_model_starts_from_the_first_ones_layout(clusters):
    features, _ = clusters(150, seed=0)
    other, _ = clusters(150, seed=4)
    shared = make_maps([features, other], FAST)
    assert np.median(movement(shared[0].positions, shared[1].positions)) < 0.5
    started = make_map(other, FAST, init=shared[0].positions).positions
    np.testing.assert_array_equal(shared[1].positions, started)
    assert np.abs(started - make_map(other, FAST).positions).max() > 1e-3


def test_models_of_different_width_share_a_layout(clusters):
    narrow, wide = clusters(80, width=4)[0], clusters(80, width=9)[0]
    assert [made.positions.shape for made in make_maps([narrow, wide], FAST)] == [(80, 2), (80, 2)]


@pytest.mark.slow
def test_aligned_umap(clusters):
    features, labels = clusters(100)
    maps = make_maps([features, features + 0.01], MapSettings(method="aligned_umap", epochs=60))
    assert [made.engine for made in maps] == ["AlignedUMAP"] * 2
    assert movement(maps[0].positions, maps[1].positions).mean() < 0.3
    assert silhouette_score(maps[1].positions, labels) > 0.5


def test_align_does_not_scale(clusters):
    points, _ = clusters(30, width=2)
    turned = align(points @ np.array([[0, 1], [-1, 0]], np.float32) * 2, points)
    assert np.isclose(turned.std(), 2 * points.std(), rtol=0.3)
    np.testing.assert_allclose(align(points[:, ::-1] + 3, points), points, atol=1e-4)


def test_fewer_points_than_neighbours_says_so(clusters):
    made = make_map(clusters(8)[0], FAST)
    assert made.neighbours == 7
    assert "8 points" in made.notes[0]
    assert np.isfinite(made.positions).all()


def test_constant_features_are_one_point(clusters):
    features = np.ones((20, 4), np.float32)
    for settings in (FAST, MapSettings(method="pca")):
        made = make_map(features, settings)
        assert not made.positions.any()
        assert "single point" in made.notes[0]
    other = clusters(20)[0]
    assert make_maps([features, other], FAST)[1].positions.any()


def test_features_of_one_direction_or_few_values():
    line = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    few = np.repeat(np.eye(4, dtype=np.float32), 15, axis=0)
    for features in (line, few, few * 1e-6):
        assert np.isfinite(make_map(features, FAST).positions).all()
    assert pca_positions(line, 3).shape == (40, 3)


def test_bad_input_says_what_is_wrong(clusters):
    features, _ = clusters(30)
    with pytest.raises(AncraError, match="At least 5 images"):
        make_map(features[:4], FAST)
    with pytest.raises(AncraError, match="not finite"):
        make_map(np.where(features > 2, np.nan, features), FAST)
    with pytest.raises(AncraError, match="cannot start from"):
        make_map(features, FAST, init=np.zeros((29, 2)))
    with pytest.raises(AncraError, match="same images"):
        make_maps([features, features[:20]], FAST)
    with pytest.raises(AncraError, match="no densMAP"):
        MapSettings().with_changes(method="aligned_umap", densmap=True)
