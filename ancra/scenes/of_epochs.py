"""The scene of a run's epochs: natural images and their adversarial versions, moved by a slider through training."""

from collections.abc import Mapping

import numpy as np

from ancra.attacks.suite import attack_title
from ancra.data.dataset import Dataset
from ancra.data.titles import dataset_title
from ancra.errors import AncraError
from ancra.maps.model_map import ModelMap, require_comparable
from ancra.scenes.of_models import COLOURS, rows_under, thumbnails
from ancra.scenes.scene import NATURAL_TITLE, Frame, Scene, SceneMap
from ancra.text import epsilon_text

MOST_EPOCHS = 60


def shown_epochs(epochs: list[int]) -> list[int]:
    """At most ``MOST_EPOCHS`` of them, evenly spread, the first and the last among them."""
    places = np.linspace(0, len(epochs) - 1, min(len(epochs), MOST_EPOCHS)).round().astype(int)
    return [epochs[place] for place in places]


def scene_of_epochs(maps: Mapping[int, ModelMap], dataset: Dataset) -> Scene:
    """The scene of the maps of at least two epochs, by their numbers, ascending.

    Raises:
        AncraError: fewer than two maps, or maps of different images.
    """
    if len(maps) < 2:
        raise AncraError("Fewer than two epochs are mapped so far: look again when another one has ended.")
    require_comparable({f"Epoch {epoch}": one for epoch, one in maps.items()})
    first, last = (maps[epoch] for epoch in (min(maps), max(maps)))
    attack = attack_title(last.settings.features.attack)
    halves = ((NATURAL_TITLE, False), (attack, True)) if last.attacked else ((NATURAL_TITLE, False),)
    return Scene(
        classes=first.classes,
        labels=first.labels,
        indices=first.indices,
        split=first.settings.features.split,
        rows=(f"Epoch {min(maps)}", f"Epoch {max(maps)}"),
        maps=tuple(
            SceneMap(
                title,
                tuple(_frame(epoch, one, adversarial) for epoch, one in maps.items()),
                measures=rows_under(last, adversarial),
                note=f"After epoch {max(maps)}.",
            )
            for title, adversarial in halves
        ),
        images=thumbnails(first, dataset),
        colours=COLOURS,
        caption=caption(maps),
        stages=True,
    )


def caption(maps: Mapping[int, ModelMap]) -> str:
    """What the maps show, with all parameters, as for a paper."""
    last = maps[max(maps)]
    features, layout = last.settings.features, last.settings.layout
    attacked = ""
    if last.attacked:
        attack = attack_title(features.attack)
        size = epsilon_text(features.epsilon or 0)
        attacked = f", and of the same under {attack} with epsilon {size} against each epoch's own model"
    return (
        f"Epochs {min(maps)} to {max(maps)} of one run: features z' of {last.count} {features.split} images of "
        f"{dataset_title(last.dataset)}{attacked}. "
        f"Layout: UMAP, {layout.neighbours} neighbours, min_dist {layout.min_dist:g}, {layout.metric} metric, "
        f"seed {layout.seed}; each map starts where that of the epoch before ended."
    )


def _frame(epoch: int, one: ModelMap, adversarial: bool) -> Frame:
    return Frame(
        f"Epoch {epoch}",
        one.half(one.positions, adversarial)[:, :2],
        one.half(one.predictions, adversarial),
        {"kept": one.half(one.kept, adversarial), "confidence": one.half(one.confidences, adversarial)},
    )
