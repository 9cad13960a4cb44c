"""One checkpoint's map of images and their adversarial versions, with all that is said beside it, kept in the store."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from ancra.checkpoints import Card, read_card
from ancra.errors import AncraError, unknown_name
from ancra.features.faithfulness import faithfulness, movement
from ancra.features.feature_set import FeatureSet, require_same_images
from ancra.features.maps import FeatureMap, make_map
from ancra.features.measures import measure
from ancra.features.neighbours import Neighbours, find_neighbours
from ancra.features.settings import MAP_PRESETS, FeatureSettings, MapSettings
from ancra.features.stored import checkpoint_features, data_digest, with_epsilon
from ancra.settings import Settings, parse
from ancra.store import Store, Stored

KIND = "map"
PIXELS_KIND = "map-pixels"
START_KIND = "map-start"
KINDS = (KIND, PIXELS_KIND, START_KIND)
SHOWN_NEIGHBOURS = 8
SEED_CHECK_POINTS = 4000  # More points than this, and the second map that checks the seed would cost too much.
Progress = Callable[[int, int], None]


class ModelMapSettings(Settings):
    """Which images, which attack, which features, and how they are laid out."""

    features: FeatureSettings = Field(
        FeatureSettings(attack="pgd10"),
        description="The features; with an attack natural and adversarial share one map.",
    )
    layout: MapSettings = Field(MapSettings(), description="How they are laid out.")


def map_settings(
    attack: str, epsilon: float | None, features: str, block: int, samples: int | None, layout: str, seed: int
) -> ModelMapSettings:
    """Settings from words, as a command line has them; ``features`` is z or z', ``layout`` a name in ``MAP_PRESETS``.

    Raises:
        AncraError: an unknown word, or a number out of range.
    """
    if layout not in MAP_PRESETS:
        raise unknown_name("layout", layout, MAP_PRESETS)
    kind = {"z'": "z_prime", "z′": "z_prime"}.get(features, features)
    if kind not in ("z", "z_prime"):
        raise AncraError(f"There are no features named {features!r}: choose z' or z.")
    chosen = {"features": kind, "block": block, "attack": attack, "epsilon": epsilon, "samples": samples, "seed": seed}
    parsed = parse(FeatureSettings, chosen, source="The features")
    return ModelMapSettings(features=parsed, layout=MAP_PRESETS[layout].with_changes(seed=seed))


@dataclass(frozen=True, eq=False)
class ModelMap:
    """The map of N images, and with an attack of their N adversarial versions, which follow them: M = N or 2N points.

    Attributes:
        positions: (M, d) float32, d = 2 or 3, centred, with a mean squared distance of 1 from the middle.
        labels, indices: (N,) true classes, and places in the split.
        predictions, confidences: (M,) the model's answers and their probability p'.
        neighbours: (M, k) the true neighbours of each point among the M, nearest first, in the full feature space.
        kept: (M,) share of the true neighbours that are neighbours on the map.
        pixels: (N, C, H, W) uint8, the adversarial images; None without an attack.
        measures: rows as ``Measures.row`` gives them: natural, then adversarial.
        faithfulness: as ``Faithfulness.row`` gives it, with ``seed_movement``: the median movement, in map standard
            deviations, that another seed of the layout causes (None when it was not tried).
        classes, dataset, settings: what was mapped, with the epsilon that was used.
        engine, notes: what laid it out, and what to know.
        warning: why it could not be stored, if so.
    """

    positions: np.ndarray
    labels: np.ndarray
    indices: np.ndarray
    predictions: np.ndarray
    confidences: np.ndarray
    neighbours: np.ndarray
    kept: np.ndarray
    pixels: np.ndarray | None
    measures: tuple[dict[str, Any], ...]
    faithfulness: dict[str, Any]
    classes: tuple[str, ...]
    dataset: str
    settings: ModelMapSettings
    engine: str
    notes: tuple[str, ...] = ()
    warning: str | None = None

    @property
    def count(self) -> int:
        """The number of images N."""
        return len(self.labels)

    @property
    def attacked(self) -> bool:
        """Whether the adversarial versions are on the map, too."""
        return len(self.positions) > self.count

    def half(self, values: np.ndarray, adversarial: bool) -> np.ndarray:
        """The natural or the adversarial (N, ...) half of values of all points; without an attack the natural ones."""
        return values[self.count :] if adversarial and self.attacked else values[: self.count]


def settle(card: Card, settings: ModelMapSettings) -> ModelMapSettings:
    """The settings that name a checkpoint's map: the epsilon filled in; z is z' where there is no reverse attention."""
    features = with_epsilon(settings.features, card)
    if not card.model.reverse_attention_blocks:
        features = features.with_changes(features="z_prime", block=-1)
    return settings.model_copy(update={"features": features})


def find_model_map(card: Card, settings: ModelMapSettings, store: Store) -> ModelMap | None:
    """The stored map of a checkpoint, or None."""
    settings = settle(card, settings)
    stored = store.get(KIND, *_key(card, settings))
    return None if stored is None else _from_stored(stored, settings, _pixels(store, card, settings))


def model_map(
    path: Path,
    settings: ModelMapSettings,
    store: Store | None = None,
    device: str = "cpu",
    on_progress: Progress | None = None,
    features_store: Store | None = None,
) -> ModelMap:
    """The map of a checkpoint's features on its own dataset, from the store or made and stored.

    Every map starts from one layout of the images' own pixels, so that maps of different models, attacks and features
    can be compared point by point without depending on each other.

    Args:
        store: where maps are kept; by default the workspace and what comes with the project.
        on_progress: called with (hundredths done, 100).
        features_store: where the features, which are larger, are kept; by default with the maps.

    Raises:
        AncraError: the checkpoint or its images cannot be read, or its features cannot be mapped.
    """
    store = store or Store()
    card = read_card(path)
    settings = settle(card, settings)
    found = find_model_map(card, settings, store)
    if found is not None:
        return found

    def say(low: int, high: int) -> Progress:
        return lambda done, total: on_progress(low + (high - low) * done // max(total, 1), 100) if on_progress else None

    natural_settings = settings.features.with_changes(attack="natural", epsilon=None)
    natural = checkpoint_features(path, natural_settings, features_store or store, device, say(0, 5)).features
    attacked = None
    if settings.features.attack != "natural":
        attacked = checkpoint_features(path, settings.features, features_store or store, device, say(5, 40)).features
        require_same_images(natural, attacked)
    made = _make(natural, attacked, settings, card, store, say(40, 100))
    if made.pixels is not None:
        _put_pixels(store, card, made)
    return _from_stored(
        store.put(KIND, *_key(card, settings), arrays=_arrays(made), meta=_meta(made)), settings, made.pixels
    )


def shared_neighbours(first: ModelMap, second: ModelMap, adversarial: bool) -> np.ndarray:
    """(N,) the share of each point's true neighbours in one model that are its true neighbours in the other, too."""
    one, two = (np.sort(m.half(m.neighbours, adversarial), axis=1) for m in (first, second))
    return (one[:, :, None] == two[:, None, :]).any(axis=2).mean(axis=1)


def _make(
    natural: FeatureSet,
    attacked: FeatureSet | None,
    settings: ModelMapSettings,
    card: Card,
    store: Store,
    say: Progress,
) -> ModelMap:
    sets = [natural] if attacked is None else [natural, attacked]
    features = np.concatenate([each.features for each in sets])
    k = max(settings.layout.neighbours, 15)
    true = find_neighbours(features, k, settings.layout.metric)
    start = np.concatenate([_start(natural, settings, card, store)] * len(sets))
    say(10, 100)
    shown = make_map(features, settings.layout, start, true)
    say(50, 100)
    trust, kept = faithfulness(features, shown.positions, 15, settings.layout.metric, true)
    rows = [measure(natural).row()] + ([measure(natural, attacked).row()] if attacked is not None else [])
    say(70, 100)
    seed = _seed_movement(features, shown, start, true)
    say(100, 100)
    return ModelMap(
        positions=_unit(shown.positions),
        labels=natural.labels,
        indices=natural.indices,
        predictions=np.concatenate([each.predictions for each in sets]),
        confidences=np.concatenate([each.confidences for each in sets]),
        neighbours=true.others[:, :SHOWN_NEIGHBOURS],
        kept=kept,
        pixels=None if attacked is None else attacked.pixels,
        measures=tuple(rows),
        faithfulness={**trust.row(), "seed_movement": seed},
        classes=natural.classes,
        dataset=natural.dataset,
        settings=settings,
        engine=shown.engine,
        notes=shown.notes,
    )


def _unit(positions: np.ndarray) -> np.ndarray:
    """The map centred, with a mean squared distance of 1 from its middle: the scale of a layout means nothing."""
    centred = positions - positions.mean(axis=0)
    spread = float(np.sqrt((centred**2).sum(axis=1).mean()))
    return (centred / (spread or 1.0)).astype(np.float32)


def _start(natural: FeatureSet, settings: ModelMapSettings, card: Card, store: Store) -> np.ndarray:
    """(N, 2) where the images' own pixels lie on a map: the common start of all models' maps."""
    layout = settings.layout.with_changes(densmap=False, metric="euclidean")
    key = (
        data_digest(card),
        settings.features.with_changes(attack="natural", epsilon=None).source,
        layout.digest(),
    )

    def make() -> tuple[Mapping[str, np.ndarray], dict[str, Any]]:
        pixels = natural.pixels.reshape(len(natural), -1).astype(np.float32) / 255
        return {"positions": make_map(pixels, layout).positions}, {}

    return store.remember(START_KIND, *key, make=make).arrays["positions"]


def _seed_movement(features: np.ndarray, shown: FeatureMap, start: np.ndarray, true: Neighbours) -> float | None:
    if len(features) > SEED_CHECK_POINTS or shown.settings.method != "umap":
        return None
    other = shown.settings.with_changes(seed=shown.settings.seed + 1)
    return float(np.median(movement(shown.positions, make_map(features, other, start, true).positions)))


def _key(card: Card, settings: ModelMapSettings) -> tuple[str, ...]:
    return card.digest, data_digest(card), settings.digest()


def _arrays(made: ModelMap) -> dict[str, np.ndarray]:
    """As small as they go without loss that a map could show: these files come with the project."""
    small = np.uint8 if len(made.classes) <= 256 else np.uint16
    wide = np.uint16 if len(made.positions) <= 65_536 else np.uint32
    return {
        "positions": made.positions.astype(np.float16),
        "labels": made.labels.astype(small),
        "indices": made.indices.astype(np.uint32),
        "predictions": made.predictions.astype(small),
        "confidences": made.confidences.astype(np.float16),
        "neighbours": made.neighbours.astype(wide),
        "kept": np.rint(made.kept * 255).astype(np.uint8),
    }


def _put_pixels(store: Store, card: Card, made: ModelMap) -> None:
    """The adversarial images once for all maps that show them: z and z' share one attack."""
    assert made.pixels is not None
    packed = np.frombuffer(zlib.compress(made.pixels.tobytes(), 9), np.uint8)
    store.put(
        PIXELS_KIND,
        *_pixels_key(card, made.settings),
        arrays={"pixels": packed},
        meta={"shape": list(made.pixels.shape)},
    )


def _pixels(store: Store, card: Card, settings: ModelMapSettings) -> np.ndarray | None:
    stored = store.get(PIXELS_KIND, *_pixels_key(card, settings)) if settings.features.attack != "natural" else None
    if stored is None:
        return None
    return np.frombuffer(zlib.decompress(stored.arrays["pixels"].tobytes()), np.uint8).reshape(stored.meta["shape"])


def _pixels_key(card: Card, settings: ModelMapSettings) -> tuple[str, ...]:
    return card.digest, data_digest(card), settings.features.source


def _meta(made: ModelMap) -> dict[str, Any]:
    return {
        "measures": list(made.measures),
        "faithfulness": made.faithfulness,
        "classes": list(made.classes),
        "dataset": made.dataset,
        "engine": made.engine,
        "notes": list(made.notes),
    }


def _from_stored(stored: Stored, settings: ModelMapSettings, pixels: np.ndarray | None) -> ModelMap:
    arrays, meta = stored.arrays, stored.meta
    return ModelMap(
        positions=arrays["positions"].astype(np.float32),
        labels=arrays["labels"].astype(np.int64),
        indices=arrays["indices"].astype(np.int64),
        predictions=arrays["predictions"].astype(np.int64),
        confidences=arrays["confidences"].astype(np.float32),
        neighbours=arrays["neighbours"].astype(np.int64),
        kept=arrays["kept"].astype(np.float32) / 255,
        pixels=pixels,
        measures=tuple(meta["measures"]),
        faithfulness=dict(meta["faithfulness"]),
        classes=tuple(meta["classes"]),
        dataset=meta["dataset"],
        settings=settings,
        engine=meta["engine"],
        notes=tuple(meta["notes"]),
        warning=stored.warning,
    )


def require_comparable(maps: Mapping[str, ModelMap]) -> None:
    """Raise AncraError unless all maps are of the same images; ``maps`` by the models' names for people."""
    (first_name, first), *others = maps.items()
    for name, other in others:
        same_data = first.dataset == other.dataset and first.classes == other.classes
        if (
            not same_data
            or not np.array_equal(first.indices, other.indices)
            or not np.array_equal(first.labels, other.labels)
        ):
            raise AncraError(
                f"{first_name} and {name} cannot be shown together: they were trained on different data "
                f"({first.dataset} with {len(first.classes)} classes, {other.dataset} with {len(other.classes)}). "
                "Choose models of one dataset."
            )
