"""The training loop: a recipe and a folder in, a checkpoint out (METHOD section 4)."""

import errno
import logging
import math
import os
import platform
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from torch import Tensor

import ancra
from ancra.attacks.objectives import as_objective
from ancra.checkpoints import Card, save_checkpoint
from ancra.data.augmentation import augment
from ancra.data.dataset import Dataset, Split
from ancra.data.registry import load_dataset
from ancra.device import limit_threads, resolve_device
from ancra.epochs import epoch_file, forget_epochs
from ancra.errors import AncraError
from ancra.evaluation.accuracy import evaluate
from ancra.evaluation.settings import EvaluationSettings
from ancra.losses.step import training_step
from ancra.models.classifier import Classifier
from ancra.models.registry import build_model
from ancra.negatives.strategy import active_picker
from ancra.training.batches import derived_seed, epoch_batches, hold_out, on_device
from ancra.training.observer import Observer, Progress
from ancra.training.recipe import Recipe
from ancra.training.schedule import epsilon, learning_rate, step_time
from ancra.training.state import TrainingState, load_state, save_state

LOSS_CHECK_STEPS = 50  # each check waits for the device


def train(recipe: Recipe, folder: Path, observer: Observer, resume: bool = False) -> Path:
    """Train by a recipe into ``folder/checkpoints``.

    Every epoch draws its random numbers from seeds that follow from the recipe's seed and the epoch's number. A run
    that goes on from its last whole epoch therefore ends, on a CPU, with the same bits as one that was never stopped.

    Args:
        folder: the run's folder; ``checkpoints/last.pt`` in it holds the state after the last whole epoch.
        observer: is told of every step and epoch; what it raises ends the run.
        resume: go on from ``last.pt`` if it is there; otherwise it is written over.

    Returns:
        The finished checkpoint, ``checkpoints/final.safetensors``.

    Raises:
        AncraError: an objective or a picker is unknown, the data or the device is not there, the loss became NaN,
            memory or disk is full.
    """
    with _said_in_one_sentence(folder), _reproducible():
        return _Training(recipe, folder, observer).run(resume)


class _Training:
    """One process's work on one run."""

    def __init__(self, recipe: Recipe, folder: Path, observer: Observer) -> None:
        # A typo must not wait for the epoch that first needs the name.
        as_objective(recipe.attack.objective)
        active_picker(recipe.negatives)
        limit_threads()
        self.recipe, self.observer, self.folder = recipe, observer, folder
        self.state_file = folder / "checkpoints" / "last.pt"
        self.final_file = folder / "checkpoints" / "final.safetensors"
        self.fabric = _fabric(recipe)
        self.device = self.fabric.device
        self.dataset: Dataset = load_dataset(recipe.data)
        training, held_out = hold_out(
            self.dataset.train, recipe.validation.fraction, derived_seed(recipe.seed, "hold out")
        )
        self.images: Split = on_device(training, self.device)
        self.validation = held_out.subset(held_out.sample(recipe.validation.samples, recipe.seed))
        self.model = self._new_model()
        self.optimiser = torch.optim.SGD(
            self.model.parameters(),
            lr=recipe.optimiser.learning_rate,
            momentum=recipe.optimiser.momentum,
            nesterov=recipe.optimiser.nesterov,
            weight_decay=recipe.optimiser.weight_decay,
        )
        self.clock = _Clock()

    def run(self, resume: bool) -> Path:
        first = self._restore() if resume else 0
        forget_epochs(self.folder, after=first)
        self.observer.started(first)
        self.observer.log(
            f"{self.recipe.title} on {self.dataset.name}: {len(self.images)} training images, "
            f"{sum(p.numel() for p in self.model.parameters()):,} parameters, device {self.device}, "
            + (f"going on after epoch {first} of {self.recipe.epochs}" if first else f"{self.recipe.epochs} epochs")
        )
        for epoch in range(first, self.recipe.epochs):
            row = self._epoch(epoch)
            began = monotonic()
            if self.recipe.keep_epochs:
                self._save(epoch_file(self.folder, epoch + 1), epoch + 1)
            self.observer.epoch_finished(row)
            self._keep(epoch + 1)
            self.clock.between(monotonic() - began)
        self._save(self.final_file, self.recipe.epochs)
        return self.final_file

    def _new_model(self) -> Classifier:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derived_seed(self.recipe.seed, "weights"))
            model = build_model(self.recipe.model, self.dataset.image_shape, len(self.dataset.classes))
        return model.to(self.device)

    def _restore(self) -> int:
        state = load_state(self.state_file, self.recipe, self.device)
        if state is None:
            return 0
        self.model.load_state_dict(state.model)
        self.optimiser.load_state_dict(state.optimiser)
        return state.epoch

    def _keep(self, epoch: int) -> None:
        state = TrainingState(
            self.recipe.model_dump_json(), epoch, self.model.state_dict(), self.optimiser.state_dict()
        )
        save_state(state, self.state_file)

    def _epoch(self, epoch: int) -> dict[str, Any]:
        started, recipe = monotonic(), self.recipe
        torch.manual_seed(derived_seed(recipe.seed, "global", epoch))  # for whatever draws without a generator
        generator = torch.Generator(self.device).manual_seed(derived_seed(recipe.seed, "steps", epoch))
        batches = epoch_batches(len(self.images), recipe.batch_size, derived_seed(recipe.seed, "order", epoch))
        sums: dict[str, Tensor | float] = defaultdict(float)
        seen = 0
        for step, indices in enumerate(batches):
            time = step_time(epoch, step, len(batches))
            for name, value in self._step(indices, epoch, time, generator).items():
                sums[name] = sums[name] + value.detach() * len(indices)
            seen += len(indices)
            if step % LOSS_CHECK_STEPS == 0 or step + 1 == len(batches):
                self._check(float(sums["loss"]), epoch)
            self.clock.step()
            self._report(epoch, step + 1, len(batches))
        validation_started = monotonic()
        accuracies = self._validate()
        self.clock.validated(monotonic() - validation_started)
        return {
            "epoch": epoch + 1,
            "learning_rate": learning_rate(recipe, step_time(epoch, len(batches) - 1, len(batches))),
            "epsilon": epsilon(recipe, step_time(epoch, len(batches) - 1, len(batches))),
            **{name: float(value) / seen for name, value in sums.items()},
            **accuracies,
            "seconds": round(monotonic() - started, 3),
        }

    def _step(self, indices: Tensor, epoch: int, time: float, generator: torch.Generator) -> dict[str, Tensor]:
        recipe = self.recipe
        images, labels = self.images.batch(indices.to(self.images.labels.device), self.device)
        images = augment(images, recipe.augmentation, generator)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(recipe, time)
        self.model.train()
        with self.fabric.autocast():
            loss = training_step(
                self.model,
                images,
                labels,
                objective=recipe.objective,
                attack=recipe.attack.model_copy(update={"epsilon": epsilon(recipe, time)}),
                negatives=recipe.negatives,
                epoch=epoch,
                generator=generator,
            )
        self.optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(loss.total)
        self.optimiser.step()
        return {"loss": loss.total, **{f"loss/{name}": value for name, value in loss.parts.items()}}

    def _validate(self) -> dict[str, float]:
        """Accuracies on the held-out images, to follow the run by; too few and too weakly attacked to be quoted."""
        self.model.eval()
        settings = EvaluationSettings(
            epsilon=self.recipe.attack.epsilon, steps=self.recipe.validation.steps, batch_size=self.recipe.batch_size
        )
        found = evaluate(self.model, self.validation, settings)
        return {"natural": found.natural.value, "pgd": found.pgd.value, "adaptive": found.adaptive.value}

    def _check(self, loss: float, epoch: int) -> None:
        if not math.isfinite(loss):
            kept = f"; the state after epoch {epoch} is kept" if epoch else ""
            raise AncraError(f"The loss became {loss} in epoch {epoch + 1}: lower optimiser.learning_rate{kept}.")

    def _report(self, epoch: int, step: int, steps: int) -> None:
        left = (self.recipe.epochs - epoch) * steps - step
        remaining = self.clock.remaining(left, self.recipe.epochs - epoch)
        self.observer.progressed(Progress(epoch, self.recipe.epochs, step, steps, remaining))

    def _save(self, path: Path, epochs: int) -> None:
        self.model.eval()
        card = Card(
            name=self.recipe.name,
            title=self.recipe.title,
            description=self.recipe.description,
            recipe=self.recipe,
            dataset=self.dataset.name,
            classes=self.dataset.classes,
            image_shape=self.dataset.image_shape,
            model=self.recipe.model,
            versions={"ancra": ancra.__version__, "torch": torch.__version__, "python": platform.python_version()},
            epochs_trained=epochs,
        )
        save_checkpoint(self.model, card, path)


class _Clock:
    """Tells how long the rest takes, from this process's own steps and validations."""

    def __init__(self) -> None:
        self.steps, self.seconds, self.validation, self.last = 0, 0.0, 0.0, 0.0

    def step(self) -> None:
        now = monotonic()
        # The first step also warms up; a pause since the last one (a validation) is not a step's time.
        if self.last:
            self.steps, self.seconds = self.steps + 1, self.seconds + now - self.last
        self.last = now

    def validated(self, seconds: float) -> None:
        self.validation, self.last = seconds, monotonic()

    def between(self, seconds: float) -> None:
        """Count what was done between two epochs to the validation."""
        self.validation, self.last = self.validation + seconds, monotonic()

    def remaining(self, steps: int, validations: int) -> float | None:
        return steps * self.seconds / self.steps + validations * self.validation if self.steps else None


def _fabric(recipe: Recipe) -> Any:
    # Its notes on devices and precision say nothing that the run's log does not.
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    from lightning_fabric import Fabric

    device = resolve_device(recipe.device)
    devices = [device.index] if device.index is not None and device.type == "cuda" else 1
    return Fabric(accelerator=device.type, devices=devices, precision=recipe.precision)


@contextmanager
def _reproducible() -> Iterator[None]:
    """Deterministic kernels where torch has them; what was set before is put back."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before, warn_only=warn_only)


@contextmanager
def _said_in_one_sentence(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise AncraError(f"The disk of {folder} is full: free some space, then resume the run.") from None
        raise AncraError(f"{error.filename or folder} cannot be used: {error.strerror or error}.") from None
    except (torch.OutOfMemoryError, MemoryError):
        raise AncraError("The device's memory is full: lower batch_size.") from None
    except RuntimeError as error:
        if "not enough memory" in str(error):  # as torch says it on a CPU
            raise AncraError("The memory is full: lower batch_size.") from None
        raise
