"""Maps: features laid out in two or three dimensions, several models on one layout."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ancra.arrays import FloatArray
from ancra.errors import AncraError
from ancra.features.neighbours import Neighbours, check_features, find_neighbours
from ancra.maps.settings import MapSettings
from ancra.maps.umap_engine import fit_aligned, fit_beside, fit_umap

LEAST_POINTS = 5


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """Where N points lie on a map.

    Attributes:
        positions: (N, 2) or (N, 3) float32; the axes have no meaning of their own.
        settings: what it was made with.
        neighbours: how many neighbours were used; fewer than asked for when there are few points.
        engine: what laid it out ("umap-learn", "cuML", "PCA", ...).
        seconds: how long that took.
        notes: what to know about this map, in whole sentences.
    """

    positions: FloatArray
    settings: MapSettings
    neighbours: int
    engine: str
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def make_map(
    features: FloatArray,
    settings: MapSettings,
    init: FloatArray | None = None,
    neighbours: Neighbours | None = None,
) -> FeatureMap:
    """Lay out features.

    Args:
        features: (N, F), at least five points.
        init: (N, d), another map's positions to start from, so that the two can be compared; else UMAP starts from PCA.
        neighbours: of ``features`` in ``settings.metric``, when they are at hand.

    Raises:
        AncraError: too few points, NaN, or an ``init`` of another shape.
    """
    began = time.perf_counter()
    features = check_features(features, LEAST_POINTS)
    shape = (len(features), settings.dimensions)
    if init is not None and init.shape != shape:
        raise AncraError(f"A map of {shape[0]} points in {shape[1]} dimensions cannot start from one of {init.shape}.")
    k = min(settings.neighbours, len(features) - 1)
    notes = _notes(features, settings, k)
    if _constant(features):
        return FeatureMap(np.zeros(shape, np.float32), settings, k, "none", 0.0, notes)
    if settings.method == "pca":
        positions = pca_positions(features, settings.dimensions)
        positions = positions if init is None else align(positions, init)
        return FeatureMap(positions, settings, k, "PCA", time.perf_counter() - began, notes)
    if neighbours is None or neighbours.metric != settings.metric or neighbours.others.shape[1] < k - 1:
        neighbours = find_neighbours(features, k - 1, settings.metric)
    start = pca_positions(features, settings.dimensions) if init is None else np.asarray(init, np.float32)
    start = _spread(start, settings.seed)
    positions, engine = fit_umap(features, settings, neighbours.first(k - 1), start)
    if init is not None:
        positions = align(positions, init)
    return FeatureMap(positions, settings, k, engine, time.perf_counter() - began, notes)


def make_map_beside(
    features: FloatArray, settings: MapSettings, still: FloatArray, start: FloatArray, neighbours: Neighbours
) -> FeatureMap:
    """Lay out the points after the first N by UMAP, while the first N stay where they are.

    Args:
        features: (M, F).
        still: (N, d), where the first N are, in the units of a layout by UMAP.
        start: (M - N, d), where the others start.
        neighbours: of ``features`` in ``settings.metric``.

    Raises:
        AncraError: as ``make_map``.
    """
    began = time.perf_counter()
    features = check_features(features, LEAST_POINTS)
    k = min(settings.neighbours, len(features) - 1)
    moved = fit_beside(features, settings, neighbours.first(k - 1), still, _spread(start, settings.seed))
    positions = np.concatenate([still, moved]).astype(np.float32)
    return FeatureMap(positions, settings, k, "umap-learn", time.perf_counter() - began, _notes(features, settings, k))


def make_maps(features: Sequence[FloatArray], settings: MapSettings) -> list[FeatureMap]:
    """Lay out several models' features of the same points so that the maps can be compared.

    Each map starts from the first one's positions and is turned onto it; with ``aligned_umap`` all are laid out
    together, which takes several times as long.

    Args:
        features: one (N, F_i) for each model; row n is the same image in all.

    Raises:
        AncraError: different numbers of points, or what ``make_map`` raises.
    """
    if len({len(points) for points in features}) > 1:
        raise AncraError("Maps on one layout need the same images for every model.")
    if settings.method == "aligned_umap" and len(features) > 1:
        return _make_aligned(features, settings)
    maps: list[FeatureMap] = []
    for points in features:
        maps.append(make_map(points, settings, init=_first_layout(maps)))
    return maps


def pca_positions(features: FloatArray, dimensions: int) -> FloatArray:
    """(N, d) the first principal components, signs fixed; missing ones (few features) are zero."""
    from sklearn.decomposition import PCA

    count = min(dimensions, *features.shape)
    positions = PCA(count, random_state=0).fit_transform(features)
    missing = np.zeros((len(features), dimensions - count))
    return np.hstack([positions, missing]).astype(np.float32)


def align(positions: FloatArray, onto: FloatArray) -> FloatArray:
    """Turn, mirror and shift a map, without scaling it, so that its points come closest to those of another."""
    from scipy.linalg import orthogonal_procrustes

    center, goal = positions.mean(axis=0), onto.mean(axis=0)
    turn, _ = orthogonal_procrustes(positions - center, onto - goal)
    return ((positions - center) @ turn + goal).astype(np.float32)


def _make_aligned(features: Sequence[FloatArray], settings: MapSettings) -> list[FeatureMap]:
    began = time.perf_counter()
    checked = [check_features(points, LEAST_POINTS) for points in features]
    if any(_constant(points) for points in checked):
        raise AncraError(
            "AlignedUMAP cannot lay out a model whose images all have the same features; use the method umap."
        )
    positions = fit_aligned(checked, settings)
    seconds = time.perf_counter() - began
    k = min(settings.neighbours, len(checked[0]) - 1)
    return [
        FeatureMap(place, settings, k, "AlignedUMAP", seconds, _notes(points, settings, k))
        for place, points in zip(positions, checked, strict=True)
    ]


def _first_layout(maps: list[FeatureMap]) -> FloatArray | None:
    """The first map that has a shape; a collapsed one is no layout to start from."""
    return next((m.positions for m in maps if m.positions.any()), None)


def _constant(features: FloatArray) -> bool:
    return bool((features == features[0]).all())


def _notes(features: FloatArray, settings: MapSettings, k: int) -> tuple[str, ...]:
    notes = []
    if _constant(features):
        notes.append("All images have the same features, so the map is a single point.")
    if k < settings.neighbours:
        notes.append(f"There are {len(features)} points, so {k} neighbours were used instead of {settings.neighbours}.")
    return tuple(notes)


def _spread(positions: FloatArray, seed: int) -> FloatArray:
    """A little noise, so that no two points start on the same spot and no axis is flat."""
    scale = 1e-4 * max(float(np.abs(positions).max()), 1e-6)
    noise = np.random.default_rng(seed).normal(scale=scale, size=positions.shape)
    return (positions + noise).astype(np.float32)
