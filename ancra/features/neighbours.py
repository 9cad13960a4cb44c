"""The nearest neighbours of each point in the full feature space."""

from dataclasses import dataclass

import numpy as np

from ancra.arrays import FloatArray, IntArray
from ancra.errors import AncraError
from ancra.features.numba_cache import nearest_neighbour_descent, turn
from ancra.features.settings import Metric

# Above this many points the exact search, quadratic in their number, gives way to pynndescent's approximate one ...
EXACT_UP_TO = 20_000
# ... unless they have so few dimensions, as the places on a map have, that a tree finds them at once.
TREE_UP_TO = 4


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k nearest neighbours of N points, nearest first; column 0 is the point itself, as umap-learn wants it.

    Attributes:
        indices: (N, k + 1) int32.
        distances: (N, k + 1) float32 in ``metric``.
        exact: False for an approximate search.
    """

    indices: IntArray
    distances: FloatArray
    metric: Metric
    exact: bool = True

    @property
    def others(self) -> IntArray:
        """(N, k) the neighbours without the point itself."""
        return self.indices[:, 1:]

    def first(self, k: int) -> "Neighbours":
        """Only the k nearest."""
        return Neighbours(self.indices[:, : k + 1], self.distances[:, : k + 1], self.metric, self.exact)


def check_features(features: FloatArray, least: int = 2) -> FloatArray:
    """The features as float32 (N, F). Raises AncraError for NaN, infinity, a wrong shape or too few points."""
    features = np.asarray(features, dtype=np.float32)
    if features.ndim != 2 or features.shape[1] == 0:
        raise AncraError(f"Features must be a table of points by values; got the shape {features.shape}.")
    if len(features) < least:
        raise AncraError(f"At least {least} images are needed here; there are {len(features)}: choose more samples.")
    if not np.isfinite(features).all():
        broken = int((~np.isfinite(features)).any(axis=1).sum())
        raise AncraError(
            f"The features of {broken} of {len(features)} images are not finite numbers: the model's weights are "
            "broken, or its training diverged."
        )
    return features


def find_neighbours(features: FloatArray, k: int, metric: Metric = "euclidean") -> Neighbours:
    """The k nearest neighbours of each point (N - 1 of them when there are no more).

    Args:
        features: (N, F).
    """
    features = check_features(features)
    k = min(k, len(features) - 1)
    points = as_euclidean(features, metric)
    exact = len(points) <= EXACT_UP_TO or points.shape[1] <= TREE_UP_TO
    indices, distances = _exact(points, k) if exact else _approximate(points, k)
    itself = np.arange(len(points))[:, None]
    return Neighbours(
        np.hstack([itself, indices]).astype(np.int32),
        np.hstack([np.zeros_like(distances[:, :1]), from_euclidean(distances, metric)]).astype(np.float32),
        metric,
        exact,
    )


def as_euclidean(features: FloatArray, metric: Metric) -> FloatArray:
    """Points whose Euclidean neighbours are the metric's neighbours (for cosine and correlation: unit vectors)."""
    if metric == "euclidean":
        return features
    if metric == "correlation":
        features = features - features.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.maximum(lengths, np.finfo(np.float32).tiny)


def from_euclidean(distances: FloatArray, metric: Metric) -> FloatArray:
    """The metric's distances from those between the points of ``as_euclidean``: 1 - cos = d^2 / 2."""
    return distances if metric == "euclidean" else distances**2 / 2


def _exact(points: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    from sklearn.neighbors import NearestNeighbors

    # Without an argument a point is not its own neighbour, also where others lie on the very same spot.
    algorithm = "kd_tree" if points.shape[1] <= TREE_UP_TO else "brute"
    distances, indices = NearestNeighbors(n_neighbors=k, algorithm=algorithm).fit(points).kneighbors()
    return indices, distances


def _approximate(points: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    with turn():
        indices, distances = nearest_neighbour_descent()(points, n_neighbors=k + 1, random_state=0).neighbor_graph
    itself = indices == np.arange(len(points))[:, None]
    # Where duplicates pushed the point itself out of its list, the farthest neighbour makes room instead.
    itself[~itself.any(axis=1), -1] = True
    shape = (len(points), k)
    return indices[~itself].reshape(shape), distances[~itself].reshape(shape)
