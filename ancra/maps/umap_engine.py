"""UMAP with neighbours, start and seed given: by cuML on a GPU where it is installed, else by umap-learn."""

from functools import cache
from typing import Any

import numpy as np

from ancra.arrays import FloatArray
from ancra.features.neighbours import Neighbours, find_neighbours
from ancra.features.numba_cache import turn, umap_learn
from ancra.maps.settings import MapSettings


def fit_umap(
    features: FloatArray, settings: MapSettings, neighbours: Neighbours, init: FloatArray
) -> tuple[FloatArray, str]:
    """The layout (N, d) from given neighbours and starting positions, and the name of the engine that made it.

    Args:
        features: (N, F), finite.
        neighbours: those of ``features`` in ``settings.metric``.
        init: (N, d), the positions to start from; no column may be constant.
    """
    options = {
        **_options(settings, neighbours.indices.shape[1]),
        "init": init,
        "precomputed_knn": (neighbours.indices, neighbours.distances),
    }
    with turn():
        # cuML has no densMAP.
        gpu = None if settings.densmap else cuml_umap()
        if gpu is not None:
            return _finite(gpu(**options, output_type="numpy").fit_transform(features)), "cuML"
        mapper = umap_learn().UMAP(**options, densmap=settings.densmap, n_jobs=1)
        return _finite(mapper.fit_transform(features)), "umap-learn"


def fit_aligned(features: list[FloatArray], settings: MapSettings) -> list[FloatArray]:
    """The layouts of umap-learn's AlignedUMAP for several feature sets of the same points, row by row."""
    count = len(features[0])
    relations = [{row: row for row in range(count)} for _ in features[1:]]
    with turn():
        mapper = umap_learn().AlignedUMAP(**_options(settings, min(settings.neighbours, count - 1)))
        return [_finite(np.asarray(positions)) for positions in mapper.fit_transform(features, relations=relations)]


def warm_up() -> None:
    """Compile (or read from disk) what a first map needs, with a small fit of each kind: plain and densMAP."""
    features = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
    for settings in (MapSettings(epochs=2), MapSettings(epochs=2, densmap=True)):
        fit_umap(features, settings, find_neighbours(features, 10), features[:, :2].copy())


@cache
def cuml_umap() -> Any | None:
    """cuML's UMAP, which takes the same arguments; None where it is not installed or finds no GPU."""
    try:
        import cupy
        from cuml.manifold import UMAP

        return UMAP if cupy.cuda.runtime.getDeviceCount() > 0 else None
    except (ImportError, RuntimeError, OSError):
        return None


def _options(settings: MapSettings, neighbours: int) -> dict[str, Any]:
    return {
        "n_neighbors": neighbours,
        "min_dist": settings.min_dist,
        "metric": settings.metric,
        "n_components": settings.dimensions,
        "n_epochs": settings.epochs,
        "random_state": settings.seed,
    }


def _finite(positions: FloatArray) -> FloatArray:
    """umap-learn leaves points without any neighbour undefined; they go to the middle."""
    return np.nan_to_num(np.asarray(positions, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
