import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ancra.errors import AncraError
from ancra.features import neighbours
from ancra.features.neighbours import find_neighbours


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "correlation"])
@pytest.mark.parametrize("width", [3, 8])
def test_they_are_the_exact_nearest(metric, width, clusters):
    features, _ = clusters(60, width=width)
    found = find_neighbours(features, 5, metric)
    distances = cdist(features, features, metric)
    np.fill_diagonal(distances, -1)
    np.testing.assert_array_equal(found.indices, distances.argsort(axis=1)[:, :6])
    np.fill_diagonal(distances, 0)
    np.testing.assert_allclose(found.distances, np.sort(distances, axis=1)[:, :6], atol=1e-5)
    assert found.exact


def test_a_point_comes_first_in_its_own_row_also_among_duplicates():
    found = find_neighbours(np.zeros((6, 3), np.float32), 3)
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(6))
    assert all(row[0] not in row[1:] for row in found.indices)


def test_above_the_limit_an_approximate_search_takes_over(monkeypatch, clusters):
    features, _ = clusters(40)
    graph = find_neighbours(features, 5)

    class Descent:
        """Answers as pynndescent does: mostly the point itself first, not always where duplicates crowd."""

        def __init__(self, points, n_neighbors, random_state):
            assert (len(points), n_neighbors) == (40, 6)
            indices = graph.indices.copy()
            indices[3] = np.roll(indices[3], 1)
            indices[5, 0] = 30
            self.neighbor_graph = indices, graph.distances

    monkeypatch.setattr(neighbours, "EXACT_UP_TO", 30)
    monkeypatch.setattr(neighbours, "nearest_neighbour_descent", lambda: Descent)
    found = find_neighbours(features, 5)
    assert not found.exact
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(40))
    np.testing.assert_array_equal(np.sort(found.indices[3]), np.sort(graph.indices[3]))
    assert 5 not in found.others[5]
    np.testing.assert_array_equal(found.others[10:], graph.others[10:])


def test_places_on_a_map_are_always_searched_exactly(monkeypatch, clusters):
    monkeypatch.setattr(neighbours, "EXACT_UP_TO", 30)
    assert find_neighbours(clusters(40, width=2)[0], 5).exact


def test_more_neighbours_than_points(clusters):
    assert find_neighbours(clusters(4)[0], 10).others.shape == (4, 3)


def test_zero_vectors_have_a_cosine_distance():
    features = np.vstack([np.zeros((2, 3)), np.eye(3)]).astype(np.float32)
    assert np.isfinite(find_neighbours(features, 3, "cosine").distances).all()


def test_first(clusters):
    found = find_neighbours(clusters(20)[0], 8)
    np.testing.assert_array_equal(found.first(3).others, found.others[:, :3])


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.array([[0.0, np.nan], [1, 2], [3, 4]]), "features of 1 of 3 images are not finite"),
        (np.array([[0.0, np.inf], [1, 2]]), "not finite"),
        (np.zeros((1, 3)), "At least 2 images"),
        (np.zeros(3), "table"),
        (np.zeros((3, 0)), "table"),
    ],
)
def test_bad_features_say_what_is_wrong(features, message):
    with pytest.raises(AncraError, match=message):
        find_neighbours(features, 2)
