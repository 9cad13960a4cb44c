"""The maps that come with the project (``python -m ancra.maps.ship [--anew]``), so that the page opens at once."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ancra.checkpoints import checkpoint_name, find_checkpoints
from ancra.data.places import place_of, require_here
from ancra.features.settings import FeatureSettings
from ancra.maps.making import model_map
from ancra.maps.model_map import ModelMap
from ancra.maps.settings import ModelMapSettings, resolve
from ancra.maps.store import KINDS, forget_pixels
from ancra.paths import results_folders, shipped_checkpoints
from ancra.store import Store

DATASETS = ("digits", "fashion_mnist", "cifar10", "tiny_imagenet")
# Images that nobody may pass on: their maps come without the adversarial ones, too.
WITHOUT_IMAGES = ("cifar10", "tiny_imagenet")
# What the page's switches offer: attack, features, block.
ATTACKS = ("natural", "pgd10", "adaptive10")
FEATURES = (("z_prime", -1), ("z", -1), ("z", 0))


def all_settings() -> list[ModelMapSettings]:
    """Every combination that the page offers with its usual sample and layout."""
    return [
        ModelMapSettings(features=FeatureSettings.model_validate({"attack": attack, "features": kind, "block": block}))
        for attack in ATTACKS
        for kind, block in FEATURES
    ]


def ship_maps(folder: Path | None = None, anew: bool = False) -> Iterator[tuple[str, ModelMap]]:
    """Map the shipped checkpoints into ``folder`` (checkpoints/results); yields (name, map). What is there stays.

    Args:
        anew: delete all maps first, as after a change of how maps are made.

    Sets whose images are not on this machine are left out. Raises AncraError: ``anew``, and one of them is.
    """
    workspace, shipped = results_folders()
    folder = folder or shipped
    found = [
        (path, card)
        for path, card in find_checkpoints()
        if path.is_relative_to(shipped_checkpoints()) and card.dataset in DATASETS
    ]
    if anew:
        for _, card in found:
            require_here(card.data)
        for kind in KINDS:
            shutil.rmtree(folder / kind, ignore_errors=True)
    store, features = Store([folder]), Store([workspace])
    for path, card in found:
        place = place_of(card.data)
        if place is None or not place.here:
            continue
        for settings in dict.fromkeys(resolve(card, each) for each in all_settings()):
            made = model_map(path, settings, store, features_store=features)
            if card.dataset in WITHOUT_IMAGES:
                forget_pixels(store, card, settings)
            yield checkpoint_name(path), made


def main() -> None:
    """Write the maps and say how large they are."""
    for name, made in ship_maps(anew="--anew" in sys.argv):
        features = made.settings.features
        print(f"{name}: {features.attack}, {features.features} block {features.block}, {made.engine}", flush=True)
    folder = results_folders()[1]
    files = [path for kind in KINDS for path in (folder / kind).glob("*.npz")]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.2f} MB in {folder}")


if __name__ == "__main__":
    main()
