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


def fit_beside(
    features: FloatArray, settings: MapSettings, neighbours: Neighbours, still: FloatArray, start: FloatArray
) -> FloatArray:
    """The places (M - N, d) that UMAP gives to the points after the first N, while those stay where they are.

    It is umap-learn's layout of all M points, with its step size for points that join a layout: a quarter.

    Args:
        features: (M, F), finite.
        neighbours: those of ``features`` in ``settings.metric``.
        still: (N, d), the places of the first N points, in the units of a layout.
        start: (M - N, d), where the others start.
    """
    count, epochs = len(still), settings.epochs or (500 if len(features) <= 10_000 else 200)
    with turn():
        umap, k = umap_learn(), neighbours.indices.shape[1]
        random = np.random.RandomState(settings.seed)
        graph = umap.umap_.fuzzy_simplicial_set(
            features, k, random, settings.metric, knn_indices=neighbours.indices, knn_dists=neighbours.distances
        )[0].tocoo()
        # Edges that would be followed less than once in all epochs are none; those of the still points move nothing.
        kept = (graph.row >= count) & (graph.data >= graph.data.max() / epochs)
        a, b = umap.umap_.find_ab_params(1.0, settings.min_dist)
        places = np.ascontiguousarray(np.concatenate([still, start]), np.float32)
        umap.layouts.optimize_layout_euclidean(
            places,
            places,
            graph.row[kept],
            graph.col[kept],
            epochs,
            len(features),
            umap.umap_.make_epochs_per_sample(graph.data[kept], epochs),
            a,
            b,
            random.randint(-(2**31) + 1, 2**31 - 1, 3).astype(np.int64),
            initial_alpha=0.25,
        )
        return _finite(places[count:])


def fit_aligned(features: list[FloatArray], settings: MapSettings) -> list[FloatArray]:
    """The layouts of umap-learn's AlignedUMAP for several feature sets of the same points, row by row."""
    count = len(features[0])
    relations = [{row: row for row in range(count)} for _ in features[1:]]
    with turn():
        mapper = umap_learn().AlignedUMAP(**_options(settings, min(settings.neighbours, count - 1)))
        return [_finite(np.asarray(positions)) for positions in mapper.fit_transform(features, relations=relations)]


def warm_up() -> None:
    """Compile, or read from disk, what a first map needs, by small fits of each kind: plain, densMAP, beside others."""
    features = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
    for settings in (MapSettings(epochs=2), MapSettings(epochs=2, densmap=True)):
        fit_umap(features, settings, find_neighbours(features, 10), features[:, :2].copy())
    fit_beside(features, MapSettings(epochs=2), find_neighbours(features, 10), features[:32, :2], features[32:, :2])


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
