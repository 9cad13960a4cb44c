"""Making one checkpoint's map: PCA at once, the layout that was asked for from the store or computed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ancra.arrays import FloatArray
from ancra.attacks.suite import NATURAL
from ancra.checkpoints import Card, read_card
from ancra.features.images import images_digest
from ancra.features.measures import measure
from ancra.features.neighbours import Neighbours, find_neighbours
from ancra.features.settings import with_epsilon
from ancra.maps.faithfulness import faithfulness, seed_movement
from ancra.maps.inputs import Mapped, mapped_features
from ancra.maps.layout import FeatureMap, make_map, make_map_beside
from ancra.maps.model_map import ModelMap
from ancra.maps.settings import ResolvedMap
from ancra.maps.store import START_KIND, find_model_map, keep_model_map
from ancra.progress import OnProgress, subprogress
from ancra.store import Store

SHOWN_NEIGHBOURS = 8
JUDGED_NEIGHBOURS = 15
USUAL_ATTACK = "pgd10"
SEED_CHECK_POINTS = 4000  # More points than this, and the second map that checks the seed would cost too much.


def model_map(
    path: Path,
    settings: ResolvedMap,
    store: Store | None = None,
    device: str = "cpu",
    on_progress: OnProgress | None = None,
    features_store: Store | None = None,
) -> ModelMap:
    """The map of a checkpoint's features on its own dataset, from the store or made and stored.

    Every map starts from one layout of the images' own pixels, so that maps of different models and features can be
    compared point by point without depending on each other. Under another attack than ``USUAL_ATTACK`` the natural
    images stay where the map under that one has them, and its adversarial ones go from there to their places.

    Args:
        store: where maps are kept; by default the workspace and what comes with the project.
        on_progress: called with (hundredths done, 100).
        features_store: where the features, which are larger, are kept; by default with the maps.

    Raises:
        AncraError: the checkpoint or its images cannot be read, or its features cannot be mapped.
    """
    store = store or Store()
    card = read_card(path)
    found = find_model_map(card, settings, store)
    if found is not None:
        return found
    say = subprogress(on_progress)
    usual, before = usual_settings(card, settings), None
    if usual is not None:
        before = model_map(path, usual, store, device, say(0, 50), features_store)
        say = subprogress(say(50, 100))
    mapped = mapped_features(path, settings, features_store or store, device, say(0, 40))
    if before is not None and before.positions.any():
        return keep_model_map(card, lay_out_beside(mapped, before, say(40, 100)), store)
    start = np.concatenate([pixel_layout(mapped, card, store)] * len(mapped.sets))
    say(40, 100)(10, 100)
    return keep_model_map(card, lay_out(mapped, start, say(46, 100)), store)


def usual_settings(card: Card, settings: ResolvedMap) -> ResolvedMap | None:
    """Of the map that says where the natural images of this one stay; None where UMAP lays out all points freely."""
    asked, layout = settings.features, settings.layout
    usual = with_epsilon(asked.with_changes(attack=USUAL_ATTACK, epsilon=None), card)
    free = layout.method != "umap" or layout.densmap or asked.attack == NATURAL or asked == usual
    return None if free else settings.model_copy(update={"features": usual})


def preview_map(
    path: Path,
    settings: ResolvedMap,
    store: Store | None = None,
    device: str = "cpu",
    on_progress: OnProgress | None = None,
) -> ModelMap:
    """The principal components of the same points, to be looked at while their map is laid out; not stored.

    Raises:
        AncraError: as ``model_map``.
    """
    mapped = mapped_features(path, settings, store or Store(), device, subprogress(on_progress)(0, 95))
    true = true_neighbours(mapped)
    quick = mapped.settings.layout.with_changes(method="pca", densmap=False)
    return describe(mapped, make_map(mapped.points, quick, neighbours=true), true)


def lay_out(mapped: Mapped, start: FloatArray, say: OnProgress, check_seed: bool = True) -> ModelMap:
    """Lay features out from a start (M, d), and measure them and the map.

    Args:
        say: called with (hundredths done, 100).
        check_seed: lay them out with another seed, too, to know how much that alone moves.
    """
    true = true_neighbours(mapped)
    say(5, 100)
    shown = make_map(mapped.points, mapped.settings.layout, start, true)
    say(55, 100)
    seed = _median_seed_movement(mapped.points, shown, start, true) if check_seed else None
    say(90, 100)
    made = describe(mapped, shown, true, seed)
    say(100, 100)
    return made


def lay_out_beside(mapped: Mapped, before: ModelMap, say: OnProgress) -> ModelMap:
    """Lay out adversarial features around natural ones that stay where another map of the same images has them.

    Args:
        before: that map; where its adversarial images lie, these start.
        say: called with (hundredths done, 100).
    """
    true = true_neighbours(mapped)
    say(10, 100)
    layout, count, places = mapped.settings.layout, before.count, before.positions * before.unit
    if np.array_equal(true.others[:, :SHOWN_NEIGHBOURS], before.neighbours):  # Both attacks found the same images.
        shown = FeatureMap(places, layout, layout.neighbours, before.engine, notes=before.notes)
    else:
        shown = make_map_beside(mapped.points, layout, places[:count], places[count:], true)
    say(90, 100)
    made = describe(mapped, shown, true, before.faithfulness["seed_movement"])
    say(100, 100)
    positions = np.concatenate([before.positions[:count], shown.positions[count:] / before.unit])
    return replace(made, positions=positions, unit=before.unit)


def true_neighbours(mapped: Mapped) -> Neighbours:
    """The neighbours in the full space that the layout, the page and the judgement of the map need."""
    k = max(mapped.settings.layout.neighbours, JUDGED_NEIGHBOURS)
    return find_neighbours(mapped.points, k, mapped.settings.layout.metric)


def describe(mapped: Mapped, shown: FeatureMap, true: Neighbours, moved_by_seed: float | None = None) -> ModelMap:
    """A map with its measures and how far it may be believed."""
    natural, attacked, sets = mapped.natural, mapped.attacked, mapped.sets
    trust, kept = faithfulness(mapped.points, shown.positions, JUDGED_NEIGHBOURS, mapped.settings.layout.metric, true)
    rows = [measure(natural).row()] + ([measure(natural, attacked).row()] if attacked is not None else [])
    positions, unit = unit_spread(shown.positions)
    return ModelMap(
        positions=positions,
        unit=unit,
        labels=natural.labels,
        indices=natural.indices,
        predictions=np.concatenate([each.predictions for each in sets]),
        confidences=np.concatenate([each.confidences for each in sets]),
        neighbours=true.others[:, :SHOWN_NEIGHBOURS],
        kept=kept,
        pixels=None if attacked is None else attacked.pixels,
        measures=tuple(rows),
        faithfulness={**trust.row(), "seed_movement": moved_by_seed},
        classes=natural.classes,
        dataset=natural.dataset,
        settings=mapped.settings,
        engine=shown.engine,
        notes=shown.notes,
    )


def pixel_layout(mapped: Mapped, card: Card, store: Store) -> FloatArray:
    """(N, d) where the images' own pixels lie on a map: the common start of all models' maps."""
    settings, natural = mapped.settings, mapped.natural
    layout = settings.layout.with_changes(densmap=False, metric="euclidean")
    source = settings.features.with_changes(attack="natural", epsilon=None).source

    def make() -> tuple[dict[str, FloatArray], dict[str, Any]]:
        pixels = natural.pixels.reshape(len(natural), -1).astype(np.float32) / 255
        return {"positions": make_map(pixels, layout).positions}, {}

    images = images_digest(card, settings.features)
    if settings.features.folder is not None:  # Which of its images there are, the model's classes say.
        source += card.digest
    return store.remember(START_KIND, images, source, layout.digest(), make=make).arrays["positions"]


def unit_spread(positions: FloatArray) -> tuple[FloatArray, float]:
    """The map centred, with a mean squared distance of 1 from its middle, and what that unit was in the layout."""
    centred = positions - positions.mean(axis=0)
    unit = float(np.sqrt((centred**2).sum(axis=1).mean())) or 1.0
    return (centred / unit).astype(np.float32), unit


def _median_seed_movement(features: FloatArray, shown: FeatureMap, start: FloatArray, true: Neighbours) -> float | None:
    if len(features) > SEED_CHECK_POINTS or shown.settings.method != "umap":
        return None
    return float(np.median(seed_movement(features, shown, start, true)))
