"""umap-learn, set up to start fast: its compiled code is kept on disk, and only one fit runs at a time."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from ancra.features.neighbours import Neighbours
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
    with _quiet_umap() as umap:
        mapper = umap.UMAP(
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
    with _quiet_umap() as umap:
        mapper = umap.AlignedUMAP(**_options(settings, min(settings.neighbours, count - 1), epochs))
        return [_finite(np.asarray(positions)) for positions in mapper.fit_transform(features, relations=relations)]


def warm_up() -> None:
    """Compile (or read from disk) what a first map needs, with a small fit of each kind: plain and densMAP."""
    from ancra.features.neighbours import find_neighbours

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


@contextmanager
def _quiet_umap() -> Iterator[Any]:
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        # It warns of what is meant here: a seed means one thread; given neighbours mean that it cannot transform.
        warnings.simplefilter("ignore")
        yield _umap()


@cache
def _umap() -> Any:
    """umap-learn with numba's disk cache switched on for the functions that every fit compiles (4 to 8 s a process)."""
    import umap
    from numba.core.dispatcher import Dispatcher
    from umap import layouts, umap_, utils

    for module in (umap_, layouts, utils):
        for function in vars(module).values():
            if isinstance(function, Dispatcher) and not function.overloads:
                try:
                    function.enable_caching()
                except RuntimeError:  # no folder to keep it in: it is compiled in each process, as without us
                    break
    return umap
