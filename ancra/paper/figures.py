"""Figures 1 to 4 of the paper: maps of four models with and without an attack, accuracy along alpha and zeta."""

from collections.abc import Sequence
from pathlib import Path

from ancra import latex
from ancra.checkpoints import checkpoint_name, read_card
from ancra.data.titles import dataset_title
from ancra.features.settings import FeatureSettings
from ancra.maps.model_map import ModelMap
from ancra.maps.settings import ModelMapSettings, resolve
from ancra.maps.store import find_model_map
from ancra.origin import Origin, signed
from ancra.paper.item import Item
from ancra.scenes.export import scene_picture
from ancra.scenes.of_models import scene_of
from ancra.scenes.origin import map_origin
from ancra.store import Store
from ancra.sweeps.files import outcome_origin
from ancra.sweeps.outcome import Outcome
from ancra.sweeps.picture import picture
from ancra.sweeps.plan import short

KINDS = ("pdf", "svg")
LAYOUT = "The paper's own maps are densMAP with the metric correlation: `--layout reference` draws those."


def maps(name: str, title: str, paths: Sequence[Path], attack: str, store: Store) -> Item:
    """Maps of models from the store; left out where one of them is not there."""
    settings = ModelMapSettings(features=FeatureSettings(attack=attack))
    found: dict[str, ModelMap] = {}
    for path in paths:
        card = read_card(path)
        one = find_model_map(card, resolve(card, settings), store)
        if one is None:
            command = map_origin(paths, settings).command
            return Item(
                name, title, note=f"Left out: no map of {checkpoint_name(path)} is stored; `{command}` draws it."
            )
        found[card.title] = one
    scene, origin = scene_of(found, None), map_origin(paths, settings)
    caption = f"{scene.caption} Colours are true classes."
    pictures = {kind: scene_picture(scene, kind, origin, overlaid=True, words=False) for kind in KINDS}
    return Item(name, title, caption, _files(name, pictures, caption, origin, wide=True), origin, LAYOUT)


def sweep(name: str, title: str, outcome: Outcome, note: str = "") -> Item:
    """Accuracy along a setting, as a sweep found it."""
    key = short(next(iter(outcome.plan.vary)))
    samples = max(each.samples for each in outcome.results)
    recipe = outcome.plan.recipe
    caption = (
        f"Accuracy of {recipe.title} on {samples} test images of {dataset_title(recipe.data.images)} against "
        f"{key}. Dots are runs, one a seed; marks are their means, bars one standard deviation."
    )
    origin = outcome_origin(outcome, f"{title}: accuracy against {key}")
    pictures = {kind: picture(outcome, kind) for kind in KINDS}
    return Item(name, title, caption, _files(name, pictures, caption, origin, wide=False), origin, note)


def _files(name: str, pictures: dict[str, bytes], caption: str, origin: Origin, wide: bool) -> dict[str, bytes]:
    tex = latex.figure(name, latex.escaped(caption), f"fig:{name}", wide)
    return {
        f"{name}.tex": signed(tex.encode(), "tex", origin),
        **{f"{name}.{kind}": made for kind, made in pictures.items()},
    }
