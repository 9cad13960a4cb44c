"""Strategies met by one batch of a split after the other; what was observed is kept, and later calls go on from it."""

import hashlib
import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from ancra.attacks.settings import AttackSettings
from ancra.checkpoints import Card, load_checkpoint, named_digests, read_card
from ancra.data.batches import epoch_batches
from ancra.data.dataset import Split
from ancra.data.digest import data_digest
from ancra.data.registry import load_dataset
from ancra.device import device_of, resolve_device
from ancra.errors import AncraError
from ancra.models.classifier import Classifier
from ancra.negatives.picker import PICKERS
from ancra.negatives.settings import NegativeSettings
from ancra.origin import Origin, command_line
from ancra.progress import OnProgress
from ancra.recipe import TrainingAttackSettings
from ancra.settings import Settings, parse
from ancra.store import Store
from ancra.strategies.known import strategy
from ancra.strategies.measures import Weights
from ancra.strategies.observations import ObservationStore
from ancra.strategies.observed import Observed, observe
from ancra.strategies.summary import Statistics

KEEP_EVERY = 30.0  # Seconds between two times that a long observation is kept.


class PopulationSettings(Settings):
    """Which batches, and the targeted attack on them. How many batches is asked for apart: they are the same first."""

    split: Literal["train", "test"] = Field("train", description="Which split of the dataset.")
    batch_size: int = Field(128, ge=2, le=65_536, description="Images a batch.")
    seed: int = Field(0, ge=0, description="Seed of the batches and of every draw.")
    attack: AttackSettings = Field(
        AttackSettings(**TrainingAttackSettings(step_size=0.007).model_dump()),
        description="Epsilon, steps and objective of the targeted attack.",
    )


def population_settings(card: Card, **changes: object) -> PopulationSettings:
    """The usual settings for a checkpoint: batch size and attack of its recipe. Raises AncraError."""
    own: dict[str, object] = {}
    if card.recipe:
        own = {"batch_size": card.recipe.batch_size, "attack": card.recipe.attack.model_dump()}
    return parse(PopulationSettings, {**own, **changes}, source="These batches")


def weights_of(card: Card, alpha: float | None = None) -> Weights:
    """The weights of a checkpoint's own objective, with another alpha if one is given. Raises AncraError."""
    objective = card.recipe.objective if card.recipe else None
    contrast = objective.contrast if objective else None
    own = Weights(contrast.alpha if contrast else 1.0, objective.auxiliary_weight if objective else 2.0)
    return own if alpha is None else Weights(alpha, own.auxiliary)


def batches_in(split: Split, settings: PopulationSettings) -> int:
    """How many batches an epoch has."""
    return len(epoch_batches(len(split), settings.batch_size, settings.seed))


def observe_batches(
    model: Classifier,
    split: Split,
    strategies: Mapping[str, NegativeSettings],
    settings: PopulationSettings,
    batches: int | None = None,
    known: Mapping[str, int] | None = None,
) -> Iterator[dict[str, Observed]]:
    """What strategies do to the anchors of one batch after the other, in the epoch's seeded order, not augmented.

    Args:
        batches: how many, at most; all for None.
        known: strategy -> how many batches of it need not be observed any more.

    Raises:
        AncraError: a split with fewer than two images, or logits that are not finite.
    """
    rows = epoch_batches(len(split), settings.batch_size, settings.seed)[:batches]
    if not rows:
        raise AncraError(f"The {settings.split} split has too few images for one batch: two are needed.")
    device, known = device_of(model), known or {}
    for number, chosen in enumerate(rows):
        missing = {name: each for name, each in strategies.items() if known.get(name, 0) <= number}
        if not missing:
            yield {}
            continue
        images, labels = split.batch(chosen, device)
        yield observe(
            model, images, labels, missing, settings.attack, seed=settings.seed, number=number, positions=chosen
        )


def checkpoint_population(
    path: Path,
    names: tuple[str, ...],
    settings: PopulationSettings,
    batches: int | None = 1,
    *,
    alpha: float | None = None,
    store: Store | None = None,
    device: str = "auto",
    on_progress: OnProgress | None = None,
    stopped: Callable[[], bool] | None = None,
    loaded: tuple[Classifier, Split] | None = None,
) -> Statistics:
    """The statistics of strategies on a checkpoint and its own dataset, from the store or observed and stored.

    Args:
        names: strategies by name.
        batches: how many, at most; the whole epoch for None.
        alpha: instead of the recipe's own.
        store: where observations are looked up and kept, also those of a stopped call; without one they are made anew.
        stopped: asked after every batch; when it answers True, the statistics are of the batches so far.
        loaded: the model and the split, for a caller that holds them already.

    Raises:
        AncraError: the checkpoint or its dataset cannot be read, no such strategy, alpha outside [0, 1], or no anchor
            with a negative.
    """
    card = read_card(path)
    weights = weights_of(card, alpha)
    wanted = {name: strategy(name) for name in names}
    digests = card.digest, data_digest(card.data), settings.digest()
    keys = {name: (*digests, _digest(each)) for name, each in wanted.items()}
    observations = ObservationStore(store, keys)
    wished = min(batches or observations.epoch, observations.epoch)
    if not observations.epoch or observations.batches < wished:
        model, split = loaded or _load(path, card, settings, device)
        observations.epoch = batches_in(split, settings)
        wished, last = min(batches or observations.epoch, observations.epoch), time.monotonic()
        coming = observe_batches(model, split, wanted, settings, wished, observations.known)
        for done, seen in enumerate(coming, start=1):
            observations.add(seen)
            if on_progress:
                on_progress(done, wished)
            if stopped is not None and stopped():
                break
            if time.monotonic() - last > KEEP_EVERY:
                observations.keep()
                last = time.monotonic()
        observations.keep()
    return Statistics.of(
        {name: seen.first(wished) for name, seen in observations.found().items()}, card.classes, weights
    )


def population_origin(
    path: Path,
    names: tuple[str, ...],
    settings: PopulationSettings,
    batches: int | None = None,
    command: str | None = None,
    page: str = "",
) -> Origin:
    """Where a file of statistics is from.

    Args:
        batches: how many were observed; None for all.
        command: what made it; without one it is the command for these settings, where there is one.
    """
    card, checkpoints = read_card(path), named_digests([path])
    chosen = {"split": settings.split, "seed": settings.seed, "batch_size": settings.batch_size}
    if command is None:
        again = {"strategies": ",".join(names), "batches": batches or "all", **chosen, "csv": "strategies.csv"}
        usual = population_settings(card, **chosen) == settings
        command = command_line("strategies", *checkpoints, **again) if usual else ""
    return Origin(
        what="Negative strategies side by side",
        command=command,
        page=page,
        checkpoints=checkpoints,
        data=card.data.images,
        seed=settings.seed,
        settings={"strategies": list(names), "batches": batches or "all", **settings.model_dump(mode="json")},
    )


def _load(path: Path, card: Card, settings: PopulationSettings, device: str) -> tuple[Classifier, Split]:
    data = load_dataset(card.data)
    return load_checkpoint(path, resolve_device(device))[0], data.train if settings.split == "train" else data.test


def _digest(settings: NegativeSettings) -> str:
    """Names a strategy in the store: its settings, and the code of its picker, which a person may change."""
    kind = type(PICKERS[settings.picker])
    try:
        code = inspect.getsource(kind)
    except (OSError, TypeError):
        code = kind.__qualname__
    return hashlib.sha256(f"{settings.picker}:{settings.perturbation}:{code}".encode()).hexdigest()[:16]
