"""umap-learn with neighbours, starting positions and seed given."""

import threading
from typing import Any

import numpy as np

from ancra.features.compiled import turn, umap_learn
from ancra.features.neighbours import Neighbours, find_neighbours
from ancra.features.settings import MapSettings

# numba's default threading layer ends the process when two threads enter parallel code at the same time.
_ONE_AT_A_TIME = threading.RLock()


def fit_umap(
    features: np.ndarray, settings: MapSettings, neighbours: Neighbours, init: np.ndarray, epochs: int | None
) -> np.ndarray:
    """(N, d) the layout of umap-learn from given neighbours and starting positions.

    Args:
        features: (N, F), finite.
        neighbours: those of ``features`` in ``settings.metric``.
        init: (N, d), the positions to start from; no column may be constant.
        epochs: None for umap-learn's own number (500 up to 10,000 points, 200 above; densMAP 200 more).
    """
    with turn():
        mapper = umap_learn().UMAP(
            **_options(settings, neighbours.others.shape[1] + 1, epochs),
            densmap=settings.densmap,
            n_jobs=1,
            init=init,
            precomputed_knn=(neighbours.indices, neighbours.distances),
        )
        return _finite(mapper.fit_transform(features))


def fit_aligned(features: list[np.ndarray], settings: MapSettings, epochs: int | None) -> list[np.ndarray]:
    """The layouts of umap-learn's AlignedUMAP for several feature sets of the same points, row by row."""
    count = len(features[0])
    relations = [{row: row for row in range(count)} for _ in features[1:]]
    with turn():
        mapper = umap_learn().AlignedUMAP(**_options(settings, min(settings.neighbours, count - 1), epochs))
        return [_finite(np.asarray(positions)) for positions in mapper.fit_transform(features, relations=relations)]


def warm_up() -> None:
    """Compile (or read from disk) what a first map needs, with a small fit of each kind: plain and densMAP."""
    features = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
    for settings in (MapSettings(), MapSettings(densmap=True)):
        fit_umap(features, settings, find_neighbours(features, 10), features[:, :2].copy(), epochs=2)


def warm_up_in_background() -> threading.Thread:
    """Start ``warm_up`` in a daemon thread and return at once; a map asked for meanwhile waits for it."""
    thread = threading.Thread(target=warm_up, name="umap-warm-up", daemon=True)
    thread.start()
    return thread


def _options(settings: MapSettings, neighbours: int, epochs: int | None) -> dict[str, Any]:
    return {
        "n_neighbors": neighbours,
        "min_dist": settings.min_dist,
        "metric": settings.metric,
        "n_components": settings.dimensions,
        "n_epochs": epochs,
        "random_state": settings.seed,
    }


def _finite(positions: np.ndarray) -> np.ndarray:
    """umap-learn leaves points without any neighbour undefined; they go to the middle."""
    return np.nan_to_num(np.asarray(positions, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
