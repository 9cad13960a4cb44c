"""Maps in the store: as small as they go without loss that a map could show, because some come with the project."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ancra.arrays import Array, PixelArray
from ancra.checkpoints import Card
from ancra.data.places import place_of
from ancra.evaluation.subject import subjects_of
from ancra.features.images import data_of, images_digest
from ancra.features.settings import kept_as
from ancra.maps.model_map import ModelMap
from ancra.maps.settings import ResolvedMap
from ancra.store import Store, Stored

KIND = "map-places"
PIXELS_KIND = "map-pixels"
START_KIND = "map-start"
KINDS = (KIND, PIXELS_KIND, START_KIND)


def find_model_map(card: Card, settings: ResolvedMap, store: Store, *, images: str | None = None) -> ModelMap | None:
    """The stored map of a checkpoint, or None.

    Where the images are not on this machine it may be a map of other copies of them, which then shows none.

    Args:
        images: their digest (``images_digest``), where that is known: it looks at every file of a folder.
    """
    place = place_of(data_of(card, settings.features))
    away = place is not None and not place.here
    if not away:
        images = images or images_digest(card, settings.features)
        stored = store.get(KIND, *_key(card, settings, images))
        if stored is None:
            return None
        return unpack_map(stored, settings, find_pixels(store, card, settings, images=images))
    for subject in subjects_of(card):
        stored = store.get(KIND, *subject, settings.digest())
        if stored is not None:
            return replace(unpack_map(stored, settings, None), elsewhere=True)
    return None


def keep_model_map(card: Card, made: ModelMap, store: Store) -> ModelMap:
    """Store the map of a checkpoint; returns it as it will be read back, with a warning where it cannot be stored."""
    keep_pixels(store, card, made)
    return unpack_map(
        store.put(KIND, *_key(card, made.settings), arrays=pack_map(made), meta=map_meta(made)),
        made.settings,
        made.pixels,
    )


def pack_map(made: ModelMap) -> dict[str, Array]:
    """The arrays of a map but for its pixels, in small number formats."""
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


def map_meta(made: ModelMap) -> dict[str, Any]:
    """What is stored beside the arrays."""
    return {
        "unit": made.unit,
        "measures": list(made.measures),
        "faithfulness": made.faithfulness,
        "classes": list(made.classes),
        "dataset": made.dataset,
        "engine": made.engine,
        "notes": list(made.notes),
    }


def unpack_map(stored: Stored, settings: ResolvedMap, pixels: PixelArray | None) -> ModelMap:
    """The map from what was stored."""
    arrays: Mapping[str, Array] = stored.arrays
    meta = stored.meta
    return ModelMap(
        positions=arrays["positions"].astype(np.float32),
        unit=meta.get("unit", 1.0),
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


def keep_pixels(store: Store, card: Card, made: ModelMap) -> None:
    """Store the adversarial images once for all maps that show them: z and z' share one attack."""
    if made.pixels is None:
        return
    packed = np.frombuffer(zlib.compress(made.pixels.tobytes(), 9), np.uint8)
    store.put(
        PIXELS_KIND,
        *_pixels_key(card, made.settings),
        arrays={"pixels": packed},
        meta={"shape": list(made.pixels.shape)},
    )


def find_pixels(store: Store, card: Card, settings: ResolvedMap, *, images: str | None = None) -> PixelArray | None:
    """The stored adversarial images of a map, or None; ``images`` as in ``find_model_map``."""
    if settings.features.attack == "natural":
        return None
    stored = store.get(PIXELS_KIND, *_pixels_key(card, settings, images))
    if stored is None:
        return None
    return np.frombuffer(zlib.decompress(stored.arrays["pixels"].tobytes()), np.uint8).reshape(stored.meta["shape"])


def forget_pixels(store: Store, card: Card, settings: ResolvedMap) -> None:
    """Delete the stored adversarial images of a map."""
    store.forget(PIXELS_KIND, *_pixels_key(card, settings))


def _key(card: Card, settings: ResolvedMap, images: str | None = None) -> tuple[str, ...]:
    return card.digest, images or images_digest(card, settings.features), settings.digest()


def _pixels_key(card: Card, settings: ResolvedMap, images: str | None = None) -> tuple[str, ...]:
    return card.digest, images or images_digest(card, settings.features), kept_as(settings.features, card)
