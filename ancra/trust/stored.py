"""Trust reports of checkpoints, kept in the store."""

from collections.abc import Sequence
from pathlib import Path

from ancra.checkpoints import Card, load_checkpoint, read_card
from ancra.data.registry import load_dataset
from ancra.device import resolve_device
from ancra.errors import AncraError
from ancra.evaluation.lookup import find_stored, misfit
from ancra.evaluation.subject import settings_of, subject_of
from ancra.evaluation.transfer import combined, peers_of
from ancra.progress import OnProgress
from ancra.store import Store
from ancra.trust.examine import examine
from ancra.trust.report import TrustReport
from ancra.trust.settings import TrustSettings

KIND = "trust"


def trust_settings(card: Card, samples: int | None = 500) -> TrustSettings:
    """The usual settings for a checkpoint: the claim is the one of its evaluation."""
    return TrustSettings(threat=settings_of(card).threat, samples=samples)


def checkpoint_trust(
    path: Path,
    samples: int | None = 500,
    against: Sequence[Path] | None = None,
    store: Store | None = None,
    device: str = "auto",
    on_progress: OnProgress | None = None,
) -> TrustReport:
    """The trust report of a checkpoint on its own dataset's test split.

    Args:
        against: checkpoints of the same classes for the transfer check; by default those that come with the project.
        store: where the report is looked up and kept; without one it is made anew.
        on_progress: called with (checks done, checks in all).

    Raises:
        AncraError: a checkpoint or the dataset cannot be read, or one of ``against`` knows other classes or images.
    """
    card = read_card(path)
    others = peers_of(card) if against is None else list(against)
    for other in others:
        _require_alike(card, other)
    settings = trust_settings(card, samples)
    key = (KIND, *subject_of(card), settings.digest(), combined([read_card(other).digest for other in others]))
    stored = store.get(*key) if store else None
    if stored is not None:
        return TrustReport.from_json(dict(stored.meta))
    where = resolve_device(device)
    model, _ = load_checkpoint(path, where)
    models = [load_checkpoint(other, where)[0] for other in others]
    report = examine(model, load_dataset(card.data).test, settings, models, on_progress)
    if store:
        store.put(*key, arrays={}, meta=report.to_json())
    return report


def stored_trust(card: Card, store: Store) -> TrustReport | None:
    """The stored report of a checkpoint with the usual settings, or None. Raises AncraError when it does not fit."""
    digests = [read_card(peer).digest for peer in peers_of(card)]
    found = find_stored(card, store, lambda subject: (KIND, *subject, trust_settings(card).digest(), combined(digests)))
    if found is None:
        return None
    key, stored = found
    try:
        return TrustReport.from_json(dict(stored.meta))
    except (KeyError, TypeError, ValueError):
        raise misfit(store, *key) from None


def _require_alike(card: Card, other: Path) -> None:
    found = read_card(other)
    if (found.classes, found.image_shape) != (card.classes, card.image_shape):
        raise AncraError(f"{other} knows other classes or images than {card.name}: give models of the same data.")
