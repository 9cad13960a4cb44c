"""Attacks on images: what a search saw on its way, and which images only an adaptive attacker breaks."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ancra.attacks.objectives import OBJECTIVES, each_its_own, mixes
from ancra.attacks.pgd import pgd
from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import preset
from ancra.attacks.trace import AttackTrace, trace_attack
from ancra.attacks.trace_store import keep_trace
from ancra.attacks.verdict import decide, likeliest_wrong
from app.engine.place import Place
from app.engine.request import Request


class Attacked(NamedTuple):
    """An image to attack.

    Attributes:
        image: (1, C, H, W) in [0, 1]. label: its class. target: the class to reach; None for any wrong one.
        digest: of the three, to keep what is found under; None: it is not to be kept.
        objective: what is maximised on it; None: that of the request's settings.
    """

    image: Tensor
    label: int
    target: int | None = None
    digest: str | None = None
    objective: str | None = None


def ready(place: Place, request: Request, items: Sequence[None]) -> list[None]:
    """The model is loaded. Raises AncraError."""
    place.model(request.source)
    return [None for _ in items]


def traces(place: Place, request: Request, items: Sequence[Attacked]) -> list[AttackTrace]:
    """The trace of each image, the same as alone, one search for all of them.

    Where the objective needs targets and none is asked for, they are the likeliest wrong classes.

    Raises:
        AncraError: as ``trace_attack``.
    """
    model, device, settings = place.model(request.source), place.device, request.settings
    images, labels = _stacked(items, device)
    names = [item.objective or settings.objective for item in items]
    targets = None
    if items[0].target is not None:
        targets = torch.tensor([item.target for item in items], device=device)
    elif OBJECTIVES[names[0]].needs_targets:
        targets = likeliest_wrong(decide(model, images), labels, 1)[:, 0]
    goal = each_its_own(names) if len({*names}) > 1 else OBJECTIVES[names[0]]
    made = trace_attack(model, images, labels, settings, targets=targets, objective=goal, apart=True)
    found = [made.one(row) for row in range(len(items))]
    for item, name, trace in zip(items, names, found, strict=True):
        if item.digest:
            own = settings.with_changes(objective=name)
            keep_trace(place.store, request.source.digest, own, item.digest, trace)
    return found


def searched(settings: AttackSettings) -> AttackSettings:
    """What images attacked with these settings share with those that may be in one search with them."""
    return settings.with_changes(objective="ce") if mixes(settings.objective) else settings


def missed(place: Place, request: Request, items: Sequence[int]) -> list[list[int]]:
    """For each count: which of so many first test images PGD-40 fails on and adaptive PGD-40 breaks.

    ``request.settings`` is epsilon. Raises AncraError.
    """
    model, split, found = place.model(request.source), place.dataset(request.source).test, []
    for count in items:
        images, labels = split.batch(slice(0, min(count, len(split))), place.device)
        plain = pgd(model, images, labels, preset("pgd40").search(request.settings))
        place.on_progress(1, 2)
        adaptive = pgd(model, images, labels, preset("adaptive40").search(request.settings))
        found.append((adaptive.success & ~plain.success).nonzero()[:, 0].tolist())
    return found


def _stacked(items: Sequence[Attacked], device: str) -> tuple[Tensor, Tensor]:
    images, labels = torch.cat([item.image for item in items]), torch.tensor([item.label for item in items])
    return images.to(device), labels.to(device)
