"""A scene: everything that draws feature maps needs, in plain arrays; the map widget and every export read it."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ancra.arrays import Array, FloatArray, IntArray, PixelArray
from ancra.errors import AncraError
from ancra.scenes.sprites import LARGEST, sprite_sheet

NATURAL_TITLE = "Natural"
_SPRITE_BYTES = 3_000_000  # Adversarial thumbnails of all maps together, uncompressed, above which they are left out.


@dataclass(frozen=True)
class Frame:
    """The same samples at one stage: natural, under an attack, at a step of it, or after an epoch.

    Attributes:
        title: what the stage is called.
        positions: (N, 2) places on the map.
        predicted: (N,) predicted classes.
        values: per name of a ColourMeasure, (N,) values between its low and high.
    """

    title: str
    positions: FloatArray
    predicted: IntArray
    values: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True)
class MeasureRow:
    """One line of the table under a map: a name, a formatted value, and what it means."""

    name: str
    value: str
    help: str = ""


@dataclass(frozen=True)
class SceneMap:
    """One model's map.

    Attributes:
        title: the model's name for people.
        frames: the stages, natural first; with an attack the last one is adversarial.
        neighbours: (N or 2N, k) true neighbours in the full feature space: ids below N are natural, N + i is the
            adversarial version of sample i, -1 is none; None when they are not known.
        measures: the table under the map.
        note: a sentence under it.
        images: (N, C, H, W) uint8, the adversarial images; None when there are none.
    """

    title: str
    frames: tuple[Frame, ...]
    neighbours: IntArray | None = None
    measures: tuple[MeasureRow, ...] = ()
    note: str = ""
    images: PixelArray | None = None


@dataclass(frozen=True)
class ColourMeasure:
    """A number a sample that points can be coloured by."""

    id: str
    title: str
    low: float = 0.0
    high: float = 1.0
    low_text: str = "0"
    high_text: str = "1"
    unit: str = ""


@dataclass(frozen=True)
class Scene:
    """Linked maps of the same N samples.

    Attributes:
        classes: class names.
        labels: (N,) true classes.
        indices: (N,) places of the samples in their split.
        split: the split's name.
        rows: what the natural and the adversarial samples are called.
        maps: one a model, in the order of the page.
        images: (N, C, H, W) uint8 0 ... 255, the natural images; None for no thumbnails.
        colours: further measures to colour by.
        caption: what the picture shows, for exports.
        stages: the frames are stages of one thing (epochs), not natural and adversarial images.
    """

    classes: tuple[str, ...]
    labels: IntArray
    indices: IntArray
    split: str
    rows: tuple[str, str]
    maps: tuple[SceneMap, ...]
    images: PixelArray | None = None
    colours: tuple[ColourMeasure, ...] = ()
    caption: str = ""
    stages: bool = False

    def __post_init__(self) -> None:
        count = len(self.labels)
        if not count or not self.maps:
            raise AncraError("There is nothing to draw: choose at least one model and one image.")
        for one in self.maps:
            for frame in one.frames:
                if frame.positions.shape != (count, 2) or len(frame.predicted) != count:
                    raise AncraError(f"The map of {one.title} does not fit its {count} images: make it again.")
                if not np.isfinite(frame.positions).all():
                    raise AncraError(f"The map of {one.title} has points without a place: its features are not finite.")

    @property
    def count(self) -> int:
        """The number of samples."""
        return len(self.labels)

    @property
    def attacked(self) -> bool:
        """Whether any map shows adversarial images."""
        return any(len(one.frames) > 1 for one in self.maps)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) of all maps together."""
        places = np.concatenate([frame.positions for one in self.maps for frame in one.frames])
        low, high = places.min(axis=0), places.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The scene as JSON-ready data for the map widget; positions in 16 bits, measures in 8."""
        show_attacked = sum(one.images.nbytes for one in self.maps if one.images is not None) <= _SPRITE_BYTES
        data: dict[str, Any] = {
            "key": f"{self.split}/{hashlib.sha256(np.ascontiguousarray(self.indices).tobytes()).hexdigest()[:12]}",
            "count": self.count,
            "classes": list(self.classes),
            "labels": packed(self.labels),
            "indices": packed(self.indices, np.uint32),
            "split": self.split,
            "rows": list(self.rows),
            "stages": self.stages,
            "bounds": list(self.bounds),
            "sprite": sprite(self.images),
            "numeric": [
                {
                    "id": c.id,
                    "title": c.title,
                    "low": c.low,
                    "high": c.high,
                    "lowText": c.low_text,
                    "highText": c.high_text,
                    "unit": c.unit,
                }
                for c in self.colours
            ],
            "maps": [self._map(one, show_attacked) for one in self.maps],
        }
        digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
        return {"id": digest, **data}

    def _map(self, one: SceneMap, show_attacked: bool) -> dict[str, Any]:
        x0, y0, x1, y1 = bounds = self.bounds
        low, span = np.array([x0, y0]), np.array([x1 - x0 or 1.0, y1 - y0 or 1.0])
        neighbours = None
        if one.neighbours is not None:
            wide = one.neighbours.max(initial=0) > 32_767
            ids = (
                packed(one.neighbours, np.int32)
                if wide
                else packed(np.where(one.neighbours < 0, 65_535, one.neighbours), np.uint16)
            )
            neighbours = {"k": one.neighbours.shape[1], "ids": ids}
        return {
            "title": one.title,
            "bounds": list(bounds),
            "frames": [
                {
                    "title": frame.title,
                    "xy": packed(np.rint((frame.positions - low) / span * 65_535), np.uint16),
                    "predicted": packed(frame.predicted),
                    "values": {c.id: self._scaled(frame.values[c.id], c) for c in self.colours if c.id in frame.values},
                }
                for frame in one.frames
            ],
            "neighbours": neighbours,
            "sprite": sprite(one.images) if show_attacked else None,
            "measures": [{"name": row.name, "value": row.value, "help": row.help} for row in one.measures],
            "note": one.note,
        }

    @staticmethod
    def _scaled(values: FloatArray, colour: ColourMeasure) -> dict[str, str]:
        share = (np.nan_to_num(values) - colour.low) / ((colour.high - colour.low) or 1.0)
        return packed(np.rint(np.clip(share, 0, 1) * 255), np.uint8)


def packed(values: Array, dtype: type[np.generic] | None = None) -> dict[str, str]:
    """An array as {dtype, data: base64, little-endian}; without a dtype the smallest unsigned one that holds it."""
    if dtype is None:
        dtype = np.uint8 if values.max(initial=0) < 256 else np.uint16
    array = np.ascontiguousarray(values.astype(np.dtype(dtype).newbyteorder("<")))
    names = {"uint8": "u8", "uint16": "u16", "uint32": "u32", "int32": "i32", "float32": "f32"}
    return {"dtype": names[np.dtype(dtype).name], "data": base64.b64encode(array.tobytes()).decode()}


def unpack_selection(bits: str, count: int) -> IntArray:
    """The positions of the selected samples from the widget's base64 bits; none of them for anything malformed."""
    try:
        raw = np.frombuffer(base64.b64decode(bits, validate=True), dtype=np.uint8)
    except (ValueError, TypeError):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.unpackbits(raw, bitorder="little")[:count])


def pack_selection(positions: IntArray, count: int) -> str:
    """The opposite of ``unpack_selection``."""
    flags = np.zeros(count, dtype=np.uint8)
    flags[positions] = 1
    return base64.b64encode(np.packbits(flags, bitorder="little").tobytes()).decode() if len(positions) else ""


def sprite(images: PixelArray | None, largest: int = LARGEST) -> dict[str, Any] | None:
    """All images in one picture as a data URL: {src, columns, width, height}; larger ones are shrunk."""
    if images is None:
        return None
    sheet = sprite_sheet(images, largest)
    width, height = sheet.tile
    src = f"data:image/png;base64,{base64.b64encode(sheet.png).decode()}"
    return {"src": src, "columns": sheet.columns, "width": width, "height": height}
