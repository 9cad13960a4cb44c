"""Why a model answers as it does: the loss around images, and what its answers rest on."""

from collections.abc import Sequence

from torch import Tensor

from ancra.attribution.attribute import Attribution, attribute
from ancra.attribution.channels import ChannelChange, compare_channels
from ancra.evaluation.loss_cut import LossCut, loss_cut
from ancra.evaluation.loss_surface import LossSurface, loss_surface
from app.engine.kinds.attacks import Attacked
from app.engine.place import Place
from app.engine.request import Request


def surfaces(place: Place, request: Request, items: Sequence[Attacked]) -> list[LossSurface]:
    """The loss around each image, as ``loss_surface``; the settings are a SurfaceSettings."""
    model = place.model(request.source)
    return [loss_surface(model, item.image[0].to(place.device), item.label, request.settings) for item in items]


def cuts(place: Place, request: Request, items: Sequence[Attacked]) -> list[LossCut]:
    """The loss on a line through each image, as ``loss_cut``; the settings are a SurfaceSettings."""
    model = place.model(request.source)
    return [loss_cut(model, item.image[0].to(place.device), item.label, request.settings) for item in items]


def attributions(place: Place, request: Request, items: Sequence[tuple[Tensor, Tensor | None]]) -> list[Attribution]:
    """As ``attribute`` for images (N, C, H, W) and classes (N,) each; the settings are an AttributionSettings."""
    model, device = place.model(request.source), place.device
    return [
        attribute(model, images.to(device), request.settings, None if classes is None else classes.to(device))
        for images, classes in items
    ]


def channels(place: Place, request: Request, items: Sequence[Tensor]) -> list[ChannelChange]:
    """As ``compare_channels`` of a natural image and an attacked one (2, C, H, W)."""
    model = place.model(request.source)
    return [compare_channels(model, *images.to(place.device).split(1)) for images in items]
