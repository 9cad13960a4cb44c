"""Maps of features; each request stands alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from ancra.features.settings import FeatureSettings
from ancra.maps import umap_engine
from ancra.maps.aligned import aligned_maps
from ancra.maps.inputs import mapped_features
from ancra.maps.making import model_map, preview_map
from ancra.maps.model_map import ModelMap
from ancra.maps.over_attack import AttackSteps, attack_steps
from ancra.maps.placement import ImageTrajectory, place_image
from ancra.maps.settings import ResolvedMap
from ancra.scenes.walking import walking
from app.engine.place import Place
from app.engine.request import Request


class Placed(NamedTuple):
    """An image (1, C, H, W) in [0, 1] to be placed on a map that is there, with the steps of an attack on it."""

    image: Tensor
    label: int
    shown: ModelMap
    way: FeatureSettings


def one_map(place: Place, request: Request, items: Sequence[None]) -> list[ModelMap]:
    """As ``model_map``; the settings are a ResolvedMap."""
    return [model_map(Path(request.source.path), request.settings, **_told(place)) for _ in items]


def preview(place: Place, request: Request, items: Sequence[None]) -> list[ModelMap]:
    """As ``preview_map``; the settings are a ResolvedMap."""
    return [preview_map(Path(request.source.path), request.settings, **_told(place)) for _ in items]


def together(place: Place, request: Request, items: Sequence[tuple[str, ...]]) -> list[list[ModelMap]]:
    """As ``aligned_maps`` of checkpoints' files; the settings are a ResolvedMap for each."""
    asked: Sequence[ResolvedMap] = request.settings
    return [aligned_maps([Path(path) for path in paths], asked, **_told(place)) for paths in items]


def steps(place: Place, request: Request, items: Sequence[None]) -> list[AttackSteps]:
    """As ``attack_steps``; the settings are a ResolvedMap with an attack."""
    return [attack_steps(Path(request.source.path), request.settings, **_told(place)) for _ in items]


def placed(place: Place, request: Request, items: Sequence[Placed]) -> list[ImageTrajectory]:
    """As ``place_image``; the settings are the ResolvedMap of the map. A single image is placed on the CPU."""
    mapped = mapped_features(Path(request.source.path), request.settings, place.store, place.device, place.on_progress)
    model = place.model(request.source, "cpu")
    return [place_image(model, item.image, item.label, mapped, item.shown, item.way) for item in items]


def walks(place: Place, request: Request, items: Sequence[dict[str, ModelMap]]) -> list[dict[str, Any]]:
    """As ``walking`` for the maps of checkpoints; the settings are their files."""
    return [walking([Path(path) for path in request.settings], maps, **_told(place)) for maps in items]


def ready(place: Place, request: Request, items: Sequence[None]) -> list[None]:
    """UMAP is compiled in this process."""
    umap_engine.warm_up()
    return [None for _ in items]


def _told(place: Place) -> dict[str, Any]:
    return {"store": place.store, "device": place.device, "on_progress": place.on_progress}
