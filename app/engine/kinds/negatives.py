"""Negative strategies: in one batch, for one anchor, and over many batches. One batch is looked at on the CPU."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ancra.attacks.settings import AttackSettings
from ancra.strategies.mechanism import BatchMechanism, batch_mechanism
from ancra.strategies.pair import PairMechanism, anchor_mechanism
from ancra.strategies.population import PopulationSettings, checkpoint_population
from ancra.strategies.summary import Statistics
from app.engine.place import Place
from app.engine.request import Request


class Batch(NamedTuple):
    """A seeded batch of a split ("train" or "test")."""

    split: str
    images: int
    seed: int


class Anchor(NamedTuple):
    """An anchor of a batch, and what ``anchor_mechanism`` is told of the strategies."""

    batch: BatchMechanism
    position: int
    attack: AttackSettings
    auxiliary_weight: float
    step: float


class Population(NamedTuple):
    """Strategies by name over the first batches of a split; all of them for None."""

    names: tuple[str, ...]
    settings: PopulationSettings
    batches: int | None


def mechanism(place: Place, request: Request, items: Sequence[Batch]) -> list[BatchMechanism]:
    """As ``batch_mechanism`` of each batch. Raises AncraError for a batch of one class."""
    model, data = place.model(request.source, "cpu"), place.dataset(request.source)
    found = []
    for item in items:
        part = data.train if item.split == "train" else data.test
        found.append(batch_mechanism(model, *part.batch(part.sample(item.images, item.seed)), item.seed))
    return found


def anchor(place: Place, request: Request, items: Sequence[Anchor]) -> list[dict[str, PairMechanism]]:
    """As ``anchor_mechanism`` of each. Raises AncraError."""
    return [anchor_mechanism(place.model(request.source, "cpu"), *item) for item in items]


def strategies(place: Place, request: Request, items: Sequence[Population]) -> list[Statistics]:
    """As ``checkpoint_population`` of each. Raises AncraError."""
    model, data = place.model(request.source), place.dataset(request.source)
    return [
        checkpoint_population(
            Path(request.source.path),
            item.names,
            item.settings,
            item.batches,
            store=place.store,
            device=place.device,
            on_progress=place.on_progress,
            stopped=place.stopped,
            loaded=(model, data.train if item.settings.split == "train" else data.test),
        )
        for item in items
    ]
