"""Several models' maps side by side: the scene that is drawn, the words beside it, and where the models disagree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ancra.arrays import PixelArray
from ancra.attacks.suite import attack_title
from ancra.checkpoints import read_card
from ancra.data.dataset import Dataset
from ancra.data.titles import dataset_title
from ancra.errors import AncraError
from ancra.evaluation.intervals import Accuracy
from ancra.features.images import Images, eligible, load_images
from ancra.features.measures import MEASURES
from ancra.maps.faithfulness import movement
from ancra.maps.making import model_map
from ancra.maps.model_map import ModelMap, require_comparable, shared_neighbours
from ancra.maps.settings import ModelMapSettings, resolve
from ancra.progress import OnProgress
from ancra.scenes.scene import NATURAL_TITLE, ColourMeasure, Frame, MeasureRow, Scene, SceneMap
from ancra.text import epsilon_text, listed, percent

FEATURE_TITLES = {
    ("z_prime", -1): "z' (after the last reverse attention)",
    ("z", -1): "z (before the last reverse attention)",
    ("z", 0): "z (before any reverse attention)",
}
# Under each map; the whole table has the rest. Alignment never stands without exclusion.
UNDER_THE_MAP = ("accuracy", "alignment_cosine", "exclusion", "silhouette_true", "silhouette_predicted")
FEW = 100
"""With fewer images than this a map and its measures are said to be of few."""
PERCENT = {"accuracy", "purity", "probe"}
COLOURS = (
    ColourMeasure("kept", "True neighbours kept on the map", low_text="none", high_text="all", unit="%"),
    ColourMeasure("confidence", "Confidence of the prediction", low_text="0 %", high_text="100 %", unit="%"),
)
_HOVER_NEIGHBOURS = {2000: 10, 20_000: 6}  # Most points of a map: neighbours a point sent to the browser.


@dataclass(frozen=True)
class Mover:
    """An image that lies elsewhere in one model's map than in another's.

    Attributes:
        sample: its position among the mapped images.
        moved: how far, in standard deviations of the first map.
        shared: share of its true neighbours that the two models have in common, which no map can distort.
    """

    sample: int
    moved: float
    shared: float


def scene_of(maps: Mapping[str, ModelMap], images: Images | None) -> Scene:
    """The scene of several models' maps, by the models' names for people; without images none is shown.

    Raises:
        AncraError: no map, or maps of different images.
    """
    if not maps:
        raise AncraError("Choose at least one model to map.")
    require_comparable(maps)
    first = next(iter(maps.values()))
    attack = first.settings.features.attack
    return Scene(
        classes=first.classes,
        labels=first.labels,
        indices=first.indices,
        split=first.settings.features.part,
        rows=(NATURAL_TITLE, attack_title(attack)),
        maps=tuple(_scene_map(title, one) for title, one in maps.items()),
        images=None if images is None else thumbnails(first, images.dataset),
        colours=COLOURS,
        caption=caption(maps, images),
    )


def thumbnails(one: ModelMap, dataset: Dataset) -> PixelArray:
    """(N, C, H, W) uint8, the natural images of a map. Raises AncraError when the dataset has no longer so many."""
    split = dataset.test if one.settings.features.split == "test" else dataset.train
    if len(one.indices) and int(one.indices.max()) >= len(split):
        raise AncraError(f"The stored maps are of other images than {dataset.name} has now: make them again.")
    pixels = split.images[one.indices].numpy()
    return pixels if split.pixel_max == 255 else np.rint(pixels * (255.0 / split.pixel_max)).astype(np.uint8)


def scene_of_checkpoints(
    paths: Sequence[Path], settings: ModelMapSettings, device: str = "cpu", on_progress: OnProgress | None = None
) -> Scene:
    """The scene of checkpoints' maps. Arguments and errors as of ``maps_of_checkpoints``."""
    return scene_of_maps(paths, maps_of_checkpoints(paths, settings, device, on_progress))


def scene_of_maps(paths: Sequence[Path], maps: Mapping[str, ModelMap]) -> Scene:
    """The scene of these checkpoints' maps, with their images where they are on this machine. Raises AncraError."""
    first = next(iter(maps.values()))
    elsewhere = any(one.elsewhere for one in maps.values())
    return scene_of(maps, None if elsewhere else load_images(read_card(paths[0]), first.settings.features))


def maps_of_checkpoints(
    paths: Sequence[Path], settings: ModelMapSettings, device: str = "cpu", on_progress: OnProgress | None = None
) -> dict[str, ModelMap]:
    """Checkpoints' maps by the models' names for people, from the store or made.

    Args:
        on_progress: called with (hundredths of all maps done, 100 a map).

    Raises:
        AncraError: a checkpoint or its images cannot be read, or they cannot be compared.
    """
    maps: dict[str, ModelMap] = {}
    for position, path in enumerate(paths):
        card = read_card(path)
        title = card.title if card.title not in maps else f"{card.title} ({path.stem}, {position + 1})"

        def say(done: int, total: int, before: int = position) -> None:
            if on_progress:
                on_progress(100 * before + 100 * done // max(total, 1), 100 * len(paths))

        maps[title] = model_map(path, resolve(card, settings), device=device, on_progress=say)
    return maps


def few(one: ModelMap) -> str:
    """What is to be known of a map of few images; empty for enough of them."""
    if one.count >= FEW:
        return ""
    low, high = (getattr(Accuracy.of(one.count // 2, one.count), end) for end in ("low", "high"))
    return (
        f"Only {one.count} images: a share measured on so few is known to {percent((high - low) / 2)} up or down at "
        "best, and much of the shape of such a map is chance."
    )


def guesses(one: ModelMap) -> bool:
    """Whether a model answers no more of the natural images rightly than guessing would, as far as so many can tell."""
    if one.settings.features.classes:
        return False
    right = Accuracy.of(round(one.measures[0]["accuracy"] * one.count), one.count)
    return right.low <= 1 / len(one.classes)


def caption(maps: Mapping[str, ModelMap], images: Images | None = None) -> str:
    """What the picture shows, with all parameters, as for a paper; with images how many there are and are left out."""
    first = next(iter(maps.values()))
    features, layout = first.settings.features, first.settings.layout
    attacked = [one for one in maps.values() if one.attacked]
    away = " (not on this machine)" if first.elsewhere else ""
    there = 0 if images is None else len(eligible(images.dataset, features))
    count = f"{first.count} of {there:,}" if there > first.count else f"{first.count}"
    part = "" if features.folder else f"{features.part} "
    if features.classes:
        part += f"images of the {'class' if len(features.classes) == 1 else 'classes'} {listed(features.classes)}"
    else:
        part += "images"
    halves = f"{count} {part} of {dataset_title(images.dataset.name if images else first.dataset)}{away}"
    if attacked:
        epsilons = sorted({one.settings.features.epsilon or 0.0 for one in attacked})
        radius = " or ".join(epsilon_text(epsilon) for epsilon in epsilons)
        attack = attack_title(features.attack)
        halves += f", natural (dots) and under {attack} with epsilon {radius} (crosses)"
    parameters = (
        f"{layout.neighbours} neighbours, min_dist {layout.min_dist:g}, {layout.metric} metric, seed {layout.seed}"
    )
    method = f"densMAP ({first.engine})" if layout.densmap else first.engine
    method = "UMAP (umap-learn)" if method == "umap-learn" else method
    # Models without reverse attention have one kind of features; those that have it name them.
    asked = {(one.settings.features.features, one.settings.features.block) for one in maps.values()}
    kind = next((each for each in asked if each != ("z_prime", -1)), ("z_prime", -1))
    which = FEATURE_TITLES.get(kind, f"{kind[0].replace('_prime', chr(39))} of block {kind[1]}")
    said = " ".join(filter(None, (few(first), images.left_out if images else "")))
    if first.engine == "PCA":
        return f"Features {which} of {halves}. Layout: the first principal components. {said}".strip()
    start = "all models together" if first.engine == "AlignedUMAP" else "started from the images' pixels"
    return f"Features {which} of {halves}. Layout: {method}, {parameters}, {start}. {said}".strip()


def format_measure(key: str, value: float | None) -> str:
    """A measure as it is printed: percent, one decimal for the rank, two for the rest."""
    if value is None:
        return "–"
    if key in PERCENT:
        return percent(value)
    return f"{value:.1f}" if key == "effective_rank" else f"{value:.2f}"


def most_moved(first: ModelMap, second: ModelMap, adversarial: bool, count: int = 12) -> list[Mover]:
    """The images whose place differs most between two models' maps, the farthest first."""
    moved = movement(first.half(first.positions, adversarial), second.half(second.positions, adversarial))
    shared = shared_neighbours(first, second, adversarial)
    order = np.argsort(-moved, kind="stable")[:count]
    return [Mover(int(i), float(moved[i]), float(shared[i])) for i in order]


def typical_movement(first: ModelMap, second: ModelMap, adversarial: bool) -> float:
    """The median movement between two models' maps, in standard deviations of the first; to be held against
    ``seed_movement``, which another seed alone causes."""
    return float(
        np.median(movement(first.half(first.positions, adversarial), second.half(second.positions, adversarial)))
    )


def _scene_map(title: str, one: ModelMap) -> SceneMap:
    halves = (False, True) if one.attacked else (False,)
    attack = one.settings.features.attack
    frames = tuple(
        Frame(
            attack_title(attack) if adversarial else NATURAL_TITLE,
            one.half(one.positions, adversarial)[:, :2],
            one.half(one.predictions, adversarial),
            {"kept": one.half(one.kept, adversarial), "confidence": one.half(one.confidences, adversarial)},
        )
        for adversarial in halves
    )
    most = next((k for points, k in _HOVER_NEIGHBOURS.items() if len(one.positions) <= points), 4)
    return SceneMap(title, frames, one.neighbours[:, :most], rows_under(one), " ".join(one.notes), one.pixels)


def rows_under(one: ModelMap, adversarial: bool = True) -> tuple[MeasureRow, ...]:
    """The table under a map: of its adversarial images, if there are any and they are wanted, else of natural ones."""
    values, words = one.measures[-1 if adversarial else 0], {measure.key: measure for measure in MEASURES}
    keys = [key for key in UNDER_THE_MAP if (one.attacked and adversarial) or not key.startswith("alignment")]
    rows = [MeasureRow(words[key].title, format_measure(key, values.get(key)), words[key].sentence) for key in keys]
    kept = one.faithfulness["kept"]
    count = one.faithfulness["neighbours"]
    text = f"Share of each point's {count} true nearest neighbours that are nearest on this map, too."
    return (*rows, MeasureRow("Neighbours kept by the map", percent(kept), text))
