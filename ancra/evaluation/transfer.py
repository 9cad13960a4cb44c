"""Transfer: adversarial images crafted on one model, tried on another."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pydantic import Field

from ancra.arrays import FloatArray
from ancra.attacks.suite import ATTACKS, run_attack
from ancra.attacks.verdict import decide, frozen
from ancra.checkpoints import Card, find_checkpoints, load_checkpoint, read_card
from ancra.data.dataset import Split
from ancra.data.digest import fingerprint
from ancra.data.registry import load_dataset
from ancra.evaluation.lookup import find_stored
from ancra.evaluation.robustness import RobustnessReport, checkpoint_report
from ancra.evaluation.settings import EvaluationSettings
from ancra.evaluation.subject import Subject, settings_of, subject_of
from ancra.paths import shipped_checkpoints
from ancra.progress import OnProgress
from ancra.settings import Settings
from ancra.store import Store

KIND = "transfer"
CRAFTED_KIND = "crafted"
# The strongest single attack that was seen on models with reverse attention; on others it is the one on p'.
USUAL = "margin_first_targets"


class TransferSettings(Settings):
    """Which images, and the attack that crafts them."""

    evaluation: EvaluationSettings = Field(EvaluationSettings(samples=200), description="Images and attackers.")
    attack: str = Field(USUAL, description="The attack, by name.")


@dataclass(frozen=True)
class Transfer:
    """What images crafted on one model, and crafted on others for it, do.

    Attributes:
        attack: the attack that crafted on this model.
        on: digest of a model -> its accuracy on images crafted on this one.
        from_: digest of a model -> this one's accuracy on images crafted there.
    """

    attack: str
    on: dict[str, float]
    from_: dict[str, float]


def peers_of(card: Card) -> list[Path]:
    """The checkpoints that come with the project for the same data and classes, without this one.

    They are those of the dataset's own folder: variants of one method in another would all be one peer.
    """
    return [
        path
        for path, other in find_checkpoints()
        if path.parent == shipped_checkpoints() / other.dataset
        and other.digest != card.digest
        and (other.data, other.classes, other.image_shape) == (card.data, card.classes, card.image_shape)
    ]


def strongest(report: RobustnessReport | None) -> str:
    """The gradient attack that leaves least when it is alone (AutoAttack, which stops at success, left out)."""
    own = {
        name: accuracy.value
        for name in (report.outcomes if report else ())
        if ATTACKS[name].searches and name != "autoattack" and (accuracy := report.accuracy(name))  # type: ignore[union-attr]
    }
    return min(own, key=lambda name: (own[name], name != USUAL), default=USUAL)


def transfer_settings(card: Card, store: Store) -> TransferSettings:
    """The usual settings: the strongest single attack that is known for the checkpoint."""
    report = checkpoint_report(card, store)
    return TransferSettings(evaluation=settings_of(card, samples=200), attack=strongest(report))


def crafted(path: Path, split: Split, settings: TransferSettings, store: Store, device: torch.device) -> torch.Tensor:
    """(n, C, H, W) adversarial images of the sample, crafted on a checkpoint; stored once made."""
    card, evaluation = read_card(path), settings.evaluation
    indices = split.sample(evaluation.samples, evaluation.seed)
    key = (CRAFTED_KIND, card.digest, settings.digest(), fingerprint(split, indices))

    def make() -> tuple[dict[str, FloatArray], dict[str, str]]:
        model, _ = load_checkpoint(path, device)
        found = []
        for chosen in indices.split(evaluation.batch_size):
            images, labels = split.batch(chosen, device)
            # The point of the largest loss: the first one that breaks this model would hardly break another.
            result = run_attack(model, images, labels, settings.attack, evaluation.threat, keep="best")
            found.append(result.images.cpu())
        return {"images": torch.cat(found).numpy()}, {"attack": settings.attack}

    return torch.from_numpy(store.remember(*key, make=make).arrays["images"])


def checkpoint_transfer(
    path: Path, store: Store, device: torch.device, on_progress: OnProgress | None = None
) -> Transfer:
    """The transfer between a checkpoint and those that come with the project, from the store or made and stored.

    Args:
        on_progress: called with (models done, models in all).
    """
    card = read_card(path)
    found = stored_transfer(card, store)
    if found is not None:
        return found
    split = load_dataset(card.data).test
    settings = transfer_settings(card, store)
    indices = split.sample(settings.evaluation.samples, settings.evaluation.seed)
    _, labels = split.batch(indices)
    own = crafted(path, split, settings, store, device)
    own_model, _ = load_checkpoint(path, device)
    result = Transfer(settings.attack, {card.digest: _accuracy(own_model, own, labels, device)}, {})
    peers = peers_of(card)
    for index, peer in enumerate(peers):
        model, other = load_checkpoint(peer, device)
        result.on[other.digest] = _accuracy(model, own, labels, device)
        theirs = crafted(peer, split, transfer_settings(other, store), store, device)
        result.from_[other.digest] = _accuracy(own_model, theirs, labels, device)
        if on_progress:
            on_progress(index + 1, len(peers))
    meta = {"attack": result.attack, "on": result.on, "from": result.from_}
    store.put(KIND, *_key(subject_of(card), settings, peers), arrays={}, meta=meta)
    return result


def stored_transfer(card: Card, store: Store) -> Transfer | None:
    """The stored transfer of a checkpoint, or None. Raises AncraError when it does not fit it."""
    settings, peers = transfer_settings(card, store), peers_of(card)
    found = find_stored(card, store, lambda subject: (KIND, *_key(subject, settings, peers)))
    if found is None:
        return None
    _, stored = found
    return Transfer(stored.meta["attack"], dict(stored.meta["on"]), dict(stored.meta["from"]))


def matrix(digests: Sequence[str], found: dict[str, Transfer]) -> FloatArray:
    """(M, M) accuracy of the column's model on images crafted on the row's; NaN where it was not tried.

    Args:
        digests: of the M models. found: digest -> transfer, of those that have one.
    """

    def cell(row: str, column: str) -> float:
        if row in found and column in found[row].on:
            return found[row].on[column]
        return found[column].from_.get(row, np.nan) if column in found else np.nan

    return np.array([[cell(row, column) for column in digests] for row in digests])


def combined(digests: Sequence[str]) -> str:
    """One digest that names a set of checkpoints."""
    return _Set(digests=tuple(sorted(digests))).digest()


class _Set(Settings):
    digests: tuple[str, ...]


def _key(subject: Subject, settings: TransferSettings, peers: Sequence[Path]) -> tuple[str, ...]:
    return *subject, settings.digest(), combined([read_card(peer).digest for peer in peers])


def _accuracy(model: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor, device: torch.device) -> float:
    with frozen(model):
        right = decide(model, images.to(device)).argmax(dim=1).cpu() == labels
    return float(right.float().mean())
