"""Feature sets of checkpoints, kept in the store: made once, then read in milliseconds."""

from dataclasses import dataclass
from pathlib import Path

from ancra.checkpoints import Card, load_checkpoint, read_card
from ancra.errors import AncraError
from ancra.features.extraction import Extraction, extract_all, feature_name
from ancra.features.feature_set import FeatureSet
from ancra.features.images import images_digest, load_images
from ancra.features.settings import FeatureSettings, kept_as
from ancra.progress import OnProgress
from ancra.store import Store, Stored

KIND = "features"
SHARED = ("labels", "predictions", "confidences", "indices", "pixels")


@dataclass(frozen=True, eq=False)
class CheckpointFeatures:
    """A checkpoint's feature set, its card, and why it could not be stored (None when it was)."""

    card: Card
    features: FeatureSet
    warning: str | None = None


def checkpoint_features(
    path: Path,
    settings: FeatureSettings,
    store: Store | None = None,
    device: str = "cpu",
    on_progress: OnProgress | None = None,
) -> CheckpointFeatures:
    """The features of a checkpoint on its own dataset, from the store or computed and stored.

    Args:
        settings: with an attack, ``epsilon`` must be set.

    Raises:
        AncraError: the checkpoint or its dataset cannot be read, or it has no such features.
    """
    store = store or Store()
    card = read_card(path)
    key = (card.digest, images_digest(card, settings), kept_as(settings, card))
    found = _read(store, key, settings)
    if found is not None:
        return CheckpointFeatures(card, found)
    extraction = _extract(path, card, settings, device, on_progress)
    stored = store.put(
        KIND,
        *key,
        arrays={**extraction.features, **extraction.shared},
        meta={
            "dataset": extraction.dataset,
            "classes": list(extraction.classes),
            "blocks": extraction.blocks,
            "names": list(extraction.features),
            "settings": settings.model_dump(mode="json"),
        },
    )
    return CheckpointFeatures(card, extraction.select(settings), stored.warning)


def _read(store: Store, key: tuple[str, ...], settings: FeatureSettings) -> FeatureSet | None:
    head = store.get(KIND, *key, only=())
    if head is None:
        return None
    meta = head.meta
    try:
        name = feature_name(settings, meta["blocks"], meta["names"])
        stored = store.get(KIND, *key, only=(name, *SHARED))
        return None if stored is None else _feature_set(stored, name, settings)
    except (KeyError, TypeError):
        return None


def _feature_set(stored: Stored, name: str, settings: FeatureSettings) -> FeatureSet:
    shared = {part: stored.arrays[part] for part in SHARED}
    return FeatureSet(
        stored.arrays[name],
        **shared,
        dataset=stored.meta["dataset"],
        classes=tuple(stored.meta["classes"]),
        settings=settings,
    )


def _extract(
    path: Path, card: Card, settings: FeatureSettings, device: str, on_progress: OnProgress | None
) -> Extraction:
    from ancra.device import resolve_device

    model, loaded = load_checkpoint(path, resolve_device(device))
    if loaded.digest != card.digest:
        raise AncraError(f"{path} changed while it was read: try again.")
    return extract_all(model, load_images(card, settings).dataset, settings, on_progress)
