"""Several checkpoints' maps laid out together by AlignedUMAP: the points are pulled to one place in all of them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ancra.checkpoints import Card, read_card
from ancra.errors import AncraError
from ancra.features.feature_set import require_same_images
from ancra.features.images import images_digest
from ancra.maps.inputs import Mapped, mapped_features
from ancra.maps.layout import make_maps
from ancra.maps.making import describe, true_neighbours
from ancra.maps.model_map import ModelMap
from ancra.maps.settings import ResolvedMap
from ancra.maps.store import find_pixels, keep_pixels, map_meta, pack_map, unpack_map
from ancra.progress import OnProgress, subprogress
from ancra.store import Store

KIND = "map-aligned"


def find_aligned_maps(cards: Sequence[Card], settings: Sequence[ResolvedMap], store: Store) -> list[ModelMap] | None:
    """The stored maps of these checkpoints in this order, or None when one of them is not there."""
    found = []
    for place, (card, own) in enumerate(zip(cards, settings, strict=True)):
        stored = store.get(KIND, *_key(cards, place, settings))
        if stored is None:
            return None
        found.append(unpack_map(stored, own, find_pixels(store, card, own)))
    return found


def aligned_maps(
    paths: Sequence[Path],
    settings: Sequence[ResolvedMap],
    store: Store | None = None,
    device: str = "cpu",
    on_progress: OnProgress | None = None,
) -> list[ModelMap]:
    """The maps of checkpoints of one dataset, laid out together, from the store or made and stored.

    What one map shows then depends on the others, and it takes several times as long as maps made one by one.

    Args:
        settings: one for each checkpoint, with one layout, whose method is ``aligned_umap``.
        on_progress: called with (hundredths done, 100); AlignedUMAP itself tells nothing of its progress.

    Raises:
        AncraError: fewer than two checkpoints, different images, or what ``model_map`` raises.
    """
    if len(paths) < 2 or settings[0].layout.method != "aligned_umap":
        raise AncraError("AlignedUMAP lays out two models or more: choose another one, or the layout umap.")
    store = store or Store()
    cards = [read_card(path) for path in paths]
    found = find_aligned_maps(cards, settings, store)
    if found is not None:
        return found
    say = subprogress(on_progress)
    mapped: list[Mapped] = []
    for place, path in enumerate(paths):
        part = say(20 * place // len(paths), 20 * (place + 1) // len(paths))
        mapped.append(mapped_features(path, settings[place], store, device, part))
        require_same_images(mapped[0].natural, mapped[-1].natural)
    layouts = make_maps([each.points for each in mapped], settings[0].layout)
    made = []
    for place, (each, layout, card) in enumerate(zip(mapped, layouts, cards, strict=True)):
        one = describe(each, layout, true_neighbours(each))
        keep_pixels(store, card, one)
        stored = store.put(KIND, *_key(cards, place, settings), arrays=pack_map(one), meta=map_meta(one))
        made.append(unpack_map(stored, one.settings, one.pixels))
        say(90, 100)(place + 1, len(paths))
    return made


def _key(cards: Sequence[Card], place: int, settings: Sequence[ResolvedMap]) -> tuple[str, ...]:
    """Of one map: its checkpoint, its images, and all that it was laid out with, in their order."""
    joined = "".join(f"{card.digest}{own.digest()}" for card, own in zip(cards, settings, strict=True))
    whole = hashlib.sha256(f"{place}{joined}".encode()).hexdigest()[:16]
    return cards[place].digest, images_digest(cards[place], settings[place].features), whole
