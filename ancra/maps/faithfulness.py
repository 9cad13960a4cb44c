"""How far a map may be believed: which true neighbours it keeps, and how much it moves for no reason."""

from dataclasses import asdict, dataclass

import numpy as np

from ancra.arrays import FloatArray, IntArray
from ancra.features.neighbours import Neighbours, check_features, find_neighbours
from ancra.features.settings import Metric
from ancra.maps.layout import FeatureMap, make_map

TRUSTWORTHINESS_POINTS = 3000


@dataclass(frozen=True)
class Faithfulness:
    """Of one map.

    Attributes:
        kept: mean share of the true ``neighbours`` nearest that are among as many nearest on the map, 0 ... 1.
        trustworthiness: Venna and Kaski (2001), 0 ... 1: whether neighbours on the map are near in truth. It forgives
            much: read ``kept`` first. Of a seeded sample above 3,000 points; None for too few.
        neighbours: the number of neighbours compared.
    """

    kept: float
    trustworthiness: float | None
    neighbours: int

    def row(self) -> dict[str, float | int | None]:
        """A flat JSON-able row."""
        return asdict(self)


def faithfulness(
    features: FloatArray,
    positions: FloatArray,
    k: int = 15,
    metric: Metric = "euclidean",
    true: Neighbours | None = None,
) -> tuple[Faithfulness, FloatArray]:
    """Compare a map with the full space.

    Args:
        features: (N, F); positions: (N, 2 or 3).
        true: the neighbours of ``features`` in ``metric``, at least k, when they are at hand.

    Returns:
        The figures, and the share of kept neighbours of each point (N,).
    """
    features = check_features(features)
    k = min(k, len(features) - 1)
    if true is None or true.metric != metric or true.others.shape[1] < k:
        true = find_neighbours(features, k, metric)
    shares = kept_neighbours(true.others[:, :k], find_neighbours(positions, k).others)
    return Faithfulness(float(shares.mean()), _trustworthiness(features, positions, k, metric), k), shares


def kept_neighbours(true: IntArray, on_map: IntArray) -> FloatArray:
    """(N,) the share of each point's true neighbours (N, k) that are among its neighbours on the map (N, k)."""
    rows = np.arange(len(true))[:, None] * (int(max(true.max(), on_map.max())) + 1)
    found = np.isin((true + rows).ravel(), (on_map + rows).ravel(), assume_unique=True)
    return found.reshape(true.shape).mean(axis=1)


def movement(before: FloatArray, after: FloatArray) -> FloatArray:
    """(N,) how far each point moved between two maps of the same points, in standard deviations of the first map.

    The second map is first shifted, turned, mirrored and scaled onto the first (Procrustes), so that what is left is
    real movement.
    """
    from scipy.linalg import orthogonal_procrustes

    first = (before - before.mean(axis=0)).astype(np.float64)
    second = (after - after.mean(axis=0)).astype(np.float64)
    spread = float(np.sqrt((first**2).sum(axis=1).mean()))
    size = float((second**2).sum())
    if spread == 0 or size == 0:
        return np.linalg.norm(second - first, axis=1) / (spread or 1.0)
    turn, scale = orthogonal_procrustes(second, first)
    return np.linalg.norm(second @ turn * (scale / size) - first, axis=1) / spread


def seed_movement(
    features: FloatArray, shown: FeatureMap, init: FloatArray | None = None, neighbours: Neighbours | None = None
) -> FloatArray:
    """(N,) the movement that another seed alone causes: the same features from the same start, mapped once more.

    Movement between two models' maps that is not clearly larger than this means nothing.
    """
    other = shown.settings.with_changes(seed=shown.settings.seed + 1)
    return movement(shown.positions, make_map(features, other, init, neighbours).positions)


def _trustworthiness(features: FloatArray, positions: FloatArray, k: int, metric: Metric) -> float | None:
    from sklearn.manifold import trustworthiness

    if len(features) > TRUSTWORTHINESS_POINTS:
        chosen = np.random.default_rng(0).choice(len(features), TRUSTWORTHINESS_POINTS, replace=False)
        features, positions = features[chosen], positions[chosen]
    if k >= len(features) / 2:
        return None
    return float(trustworthiness(features, positions, n_neighbors=k, metric=metric))
