"""One model's map of images and their adversarial versions, with all that is said beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ancra.arrays import FloatArray, IntArray, PixelArray
from ancra.data.titles import dataset_title
from ancra.errors import AncraError
from ancra.maps.settings import ResolvedMap

Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, eq=False)
class ModelMap:
    """The map of N images, and with an attack of their N adversarial versions, which follow them: M = N or 2N points.

    Attributes:
        positions: (M, d) float32, d = 2 or 3, centred, with a mean squared distance of 1 from the middle; with the
            middle and the unit of another map where its natural images stay where that one has them.
        unit: that distance in the units of the layout.
        labels, indices: (N,) true classes, and places in the split.
        predictions, confidences: (M,) the model's answers and their probability p'.
        neighbours: (M, k) the true neighbours of each point among the M, nearest first, in the full feature space.
        kept: (M,) share of the true neighbours that are neighbours on the map.
        pixels: (N, C, H, W) uint8, the adversarial images; None without an attack.
        measures: rows as ``Measures.row`` gives them: natural, then adversarial.
        faithfulness: as ``Faithfulness.row`` gives it, with ``seed_movement``: the median movement, in map standard
            deviations, that another seed of the layout causes (None when it was not tried; that of the map whose
            natural images it keeps).
        classes, dataset, settings: what was mapped, with the epsilon that was used.
        engine, notes: what laid it out, and what to know.
        warning: why it could not be stored, if so.
        elsewhere: its images, or the copies of them that it is of, are not on this machine, so none can be shown.
    """

    positions: FloatArray
    unit: float
    labels: IntArray
    indices: IntArray
    predictions: IntArray
    confidences: FloatArray
    neighbours: IntArray
    kept: FloatArray
    pixels: PixelArray | None
    measures: tuple[dict[str, Any], ...]
    faithfulness: dict[str, Any]
    classes: tuple[str, ...]
    dataset: str
    settings: ResolvedMap
    engine: str
    notes: tuple[str, ...] = ()
    warning: str | None = None
    elsewhere: bool = False

    @property
    def count(self) -> int:
        """The number of images N."""
        return len(self.labels)

    @property
    def attacked(self) -> bool:
        """Whether the adversarial versions are on the map, too."""
        return len(self.positions) > self.count

    def half(self, values: NDArray[Kind], adversarial: bool) -> NDArray[Kind]:
        """The natural or the adversarial (N, ...) half of values of all points; without an attack the natural ones."""
        return values[self.count :] if adversarial and self.attacked else values[: self.count]


def shared_neighbours(first: ModelMap, second: ModelMap, adversarial: bool) -> FloatArray:
    """(N,) the share of each point's true neighbours in one model that are its true neighbours in the other, too."""
    one, two = (np.sort(m.half(m.neighbours, adversarial), axis=1) for m in (first, second))
    return (one[:, :, None] == two[:, None, :]).any(axis=2).mean(axis=1)


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
                f"({dataset_title(first.dataset)} with {len(first.classes)} classes, "
                f"{dataset_title(other.dataset)} with {len(other.classes)}). "
                "Choose models of one dataset."
            )
