"""What exported maps need so that an image's point walks over them while the page itself attacks the image."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ancra.checkpoints import read_card
from ancra.data.titles import dataset_title
from ancra.errors import AncraError
from ancra.features.images import load_images
from ancra.live.network import live_checkpoint
from ancra.maps.inputs import mapped_features
from ancra.maps.model_map import ModelMap
from ancra.progress import OnProgress, subprogress
from ancra.scenes.live_stage import OnStage, inline, listing, maps_of, subject, worker
from ancra.scenes.of_models import thumbnails
from ancra.scenes.scene import sprite
from ancra.scenes.sprites import LARGEST
from ancra.store import Store

MOST = 3_000_000
"""Bytes of networks and features that a page takes along without being asked to."""


def walking(
    paths: Sequence[Path],
    maps: Mapping[str, ModelMap],
    store: Store,
    device: str = "cpu",
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Networks, the features that their maps were laid out from, and the attacker, as a JSON-able table.

    Args:
        paths: the checkpoints of ``maps``, in their order.
        on_progress: called with (hundredths done, 100).

    Raises:
        AncraError: other images or classes, an operation that no browser can run, or images that are not here.
    """
    cards = [read_card(path) for path in paths]
    first = cards[0]
    for card in cards:
        if (card.image_shape, card.classes) != (first.image_shape, first.classes):
            raise AncraError(f"{card.title} and {first.title} know other images or classes: choose models of one set.")
    if any(one.elsewhere for one in maps.values()):
        raise AncraError(
            f"The images of {dataset_title(first.dataset)} are not on this machine, so the page has none to attack."
        )
    say = subprogress(on_progress)
    networks = []
    for position, (path, card, (title, shown)) in enumerate(zip(paths, cards, maps.items(), strict=True)):
        span = say(100 * position // len(paths), 100 * (position + 1) // len(paths))
        mapped = mapped_features(path, shown.settings, store, device, span)
        networks.append(OnStage(title, card, inline(live_checkpoint(path).to_bytes()), (shown, mapped)))
    large = max(first.image_shape[1:]) > LARGEST
    one = next(iter(maps.values()))
    images = thumbnails(one, load_images(first, one.settings.features).dataset) if large else None
    return {
        **subject(cards),
        "networks": listing(networks),
        "maps": maps_of(networks),
        "worker": worker(),
        # Where the thumbnails are smaller than the images, these come along in their own size.
        "sprite": sprite(images, max(first.image_shape[1:])),
    }
