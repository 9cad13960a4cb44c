"""Natural accuracy, robust accuracy under PGD on p', and under adaptive PGD (METHOD section 5)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ancra.attacks.pgd import decide, frozen, pgd
from ancra.checkpoints import checkpoint_name, load_checkpoint
from ancra.data.dataset import Split
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.device import resolve_device
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.settings import EvaluationSettings

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Evaluation:
    """Three accuracies of a model, and the settings they rest on."""

    natural: Accuracy
    pgd: Accuracy
    adaptive: Accuracy
    settings: EvaluationSettings

    def row(self) -> dict[str, Any]:
        """A flat JSON-able row: fractions, intervals, settings."""
        measures = {"natural": self.natural, "pgd": self.pgd, "adaptive": self.adaptive}
        return {
            "samples": self.natural.samples,
            **{name: accuracy.value for name, accuracy in measures.items()},
            "intervals": {name: [accuracy.low, accuracy.high] for name, accuracy in measures.items()},
            "settings": self.settings.model_dump(mode="json"),
        }


def evaluate(
    model: nn.Module, split: Split, settings: EvaluationSettings, on_progress: Progress | None = None
) -> Evaluation:
    """Judge a model on a split or a seeded sample of it.

    An image counts as robust when the model answers it rightly and no point that the attack visited changes that.

    Args:
        on_progress: called with (images done, images in all).
    """
    device = next(model.parameters()).device
    indices = split.sample(settings.samples, settings.seed)
    correct = {"natural": 0, "pgd": 0, "adaptive": 0}
    done = 0
    for chosen in indices.split(settings.batch_size):
        images, labels = split.batch(chosen, device)
        with frozen(model):
            right = decide(model, images).argmax(dim=1) == labels
        correct["natural"] += int(right.sum())
        for name, objective in (("pgd", "ce"), ("adaptive", "joint")):
            generator = torch.Generator(device).manual_seed(settings.seed + done)
            result = pgd(model, images[right], labels[right], settings.attack(objective), generator=generator)
            correct[name] += int((~result.success).sum())
        done += len(chosen)
        if on_progress:
            on_progress(done, len(indices))
    accuracies = {name: Accuracy.of(count, len(indices)) for name, count in correct.items()}
    return Evaluation(**accuracies, settings=settings)


def evaluate_checkpoint(
    path: Path, samples: int | None = None, device: str = "auto", on_progress: Progress | None = None
) -> dict[str, Any]:
    """Evaluate a checkpoint on its own dataset's test split with PGD-40 and adaptive PGD-40.

    Epsilon is the one of the checkpoint's recipe, 8/255 for a checkpoint without one.

    Returns:
        ``Evaluation.row()`` with ``checkpoint`` (its name), ``title``, ``dataset`` and ``digest``.

    Raises:
        AncraError: the checkpoint or its dataset cannot be read.
    """
    model, card = load_checkpoint(path, device=resolve_device(device))
    data = card.recipe.data if card.recipe else DataSettings(name=card.dataset)
    settings = EvaluationSettings(samples=samples)
    if card.recipe:
        settings = settings.with_changes(epsilon=card.recipe.attack.epsilon)
    evaluation = evaluate(model, load_dataset(data).test, settings, on_progress)
    about = {"checkpoint": checkpoint_name(path), "title": card.title, "dataset": card.dataset, "digest": card.digest}
    return {**about, **evaluation.row()}
