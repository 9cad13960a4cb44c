"""New points on a map that exists: an uploaded image, the steps of an attack."""

from dataclasses import dataclass

import numpy as np

from ancra.arrays import FloatArray, IntArray
from ancra.errors import AncraError
from ancra.features.neighbours import as_euclidean, check_features, find_neighbours, from_euclidean
from ancra.features.settings import Metric
from ancra.maps.settings import MapSettings


@dataclass(frozen=True, eq=False)
class Projection:
    """Where M new points would lie; drawn as projected, because the map was not laid out for them.

    Attributes:
        positions: (M, d) float32.
        neighbours: (M, k) int64, the mapped points each was means between, nearest first.
        distance: (M,) float32, how far the nearest mapped point is, in typical distances between mapped neighbours: far
            above 1 the new point is like nothing on the map, and its place means little.
    """

    positions: FloatArray
    neighbours: IntArray
    distance: FloatArray


def project(
    new: FloatArray, features: FloatArray, positions: FloatArray, settings: MapSettings, k: int = 5
) -> Projection:
    """Place new points between their nearest mapped neighbours in the full space, near ones weighing most.

    The weights fall with the distance as UMAP's do: exp(-(d - nearest) / mean excess).

    Args:
        new: (M, F); features: (N, F) of the mapped points; positions: (N, d) theirs on the map.
        settings: of the map, for its metric.

    Raises:
        AncraError: the new features are of another kind than the mapped ones, or not finite.
    """
    from sklearn.neighbors import NearestNeighbors

    features, new = check_features(features), check_features(new, least=1)
    if new.shape[1] != features.shape[1]:
        raise AncraError(
            f"Features of {new.shape[1]} values cannot be means on a map of features of {features.shape[1]}: "
            "use the model and block that the map was made with."
        )
    mapped = as_euclidean(features, settings.metric)
    search = NearestNeighbors(n_neighbors=min(k, len(features) - 1), algorithm="brute").fit(mapped)
    far, indices = search.kneighbors(as_euclidean(new, settings.metric))
    distances = from_euclidean(far, settings.metric)
    excess = distances - distances[:, :1]
    scale = np.maximum(excess.mean(axis=1, keepdims=True), 1e-12)
    weights = np.exp(-excess / scale)
    typical = typical_distance(features, settings.metric)
    # On the very spot of a mapped point, but for rounding, nothing but that point counts.
    weights = np.where((distances[:, :1] <= 1e-3 * typical) & (excess > 0), 0, weights)
    weights /= weights.sum(axis=1, keepdims=True)
    means = (positions[indices] * weights[:, :, None]).sum(axis=1)
    ratio = distances[:, 0] / max(typical, 1e-12)
    return Projection(means.astype(np.float32), indices, np.minimum(ratio, 1e6).astype(np.float32))


def typical_distance(features: FloatArray, metric: Metric) -> float:
    """The median distance of mapped points (N, F) to their nearest neighbour among them."""
    return float(np.median(find_neighbours(features, 1, metric).distances[:, 1]))
