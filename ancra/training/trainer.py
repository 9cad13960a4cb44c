"""The training loop: a recipe and a folder in, a checkpoint out (docs/method.md, section 4)."""

import math
from collections import defaultdict
from pathlib import Path
from time import monotonic

import torch
from torch import Tensor

from ancra.data.augmentation import augment
from ancra.data.batches import derived_seed, epoch_batches
from ancra.data.dataset import Dataset, Split
from ancra.data.registry import load_dataset
from ancra.device import limit_threads
from ancra.errors import AncraError
from ancra.losses.step import StepSettings
from ancra.models.classifier import Classifier
from ancra.models.registry import build_model
from ancra.progress import duration
from ancra.recipe import Recipe
from ancra.training.averaging import WeightAverage
from ancra.training.batches import hold_out, on_device
from ancra.training.best import Best
from ancra.training.check import check_names
from ancra.training.checkpointing import Keeper
from ancra.training.doubts import doubts
from ancra.training.extent import extent
from ancra.training.observer import EpochRow, NullObserver, Observer, RunProgress, preparing
from ancra.training.overfitting import Overfitting
from ancra.training.processes import Processes
from ancra.training.remaining import Clock
from ancra.training.reproducibility import as_ancra_errors, reproducible
from ancra.training.schedule import epsilon, learning_rate, step_time
from ancra.training.update import Stepper, new_optimiser
from ancra.training.validation import Validation

LOSS_CHECK_STEPS = 50  # each check waits for the device
ESTIMATE_STEPS = 3  # whose time tells how long the run takes


def train(recipe: Recipe, folder: Path, observer: Observer, resume: bool = False) -> Path:
    """Train by a recipe into ``folder/checkpoints``.

    Every epoch draws its random numbers from seeds that follow from the recipe's seed and the epoch's number. A run
    that goes on from its last whole epoch therefore ends, on a CPU, with the same bits as one that was never stopped.

    Where torchrun started several processes this is what the first one calls, and ``help_train`` the others.

    Args:
        folder: the run's folder; ``checkpoints/last.pt`` in it holds the state after the last whole epoch, and
            ``checkpoints/best.safetensors`` the best epoch's model.
        observer: is told of every step and epoch; what it raises ends the run.
        resume: go on from ``last.pt`` if it is there; otherwise it is written over.

    Returns:
        The finished checkpoint, ``checkpoints/final.safetensors``.

    Raises:
        AncraError: an objective or a picker is unknown, the data or the device is not there, the loss became NaN,
            memory or disk is full.
    """
    with as_ancra_errors(folder), reproducible():
        return _Training(recipe, folder, observer).run(resume)


def help_train(recipe: Recipe) -> None:
    """Train along with the process that has the run's folder, and write nothing. Raises AncraError as ``train``."""
    train(recipe, Path(), NullObserver())


class _Training:
    """One process's work on one run."""

    def __init__(self, recipe: Recipe, folder: Path, observer: Observer) -> None:
        check_names(recipe)
        limit_threads()
        self.recipe, self.observer = recipe, observer
        self.processes = Processes(recipe)
        self.device = self.processes.device
        self.dataset: Dataset = load_dataset(recipe.data, preparing(observer.log))
        self.keeper = Keeper(folder, recipe, self.dataset)
        training, held_out = hold_out(
            self.dataset.train, recipe.validation.fraction, derived_seed(recipe.seed, "hold out")
        )
        self.images: Split = on_device(training, self.device)
        self.validation = Validation(held_out, recipe)
        self.model = self._new_model()
        self.average = WeightAverage(self.model, recipe.ema_decay) if recipe.ema_decay else None
        self.optimiser = new_optimiser(self.model, recipe)
        self.stepper = Stepper(self.model, self.optimiser, recipe, self.processes, observer.log)
        self.best = Best(recipe.validation.metric, self.validation.constant)
        self.overfitting = Overfitting(self.validation.constant)
        self.accuracies: dict[str, float] = {}
        self.clock = Clock()

    @property
    def judged(self) -> Classifier:
        """The model that is validated and kept: the average of the weights, where there is one."""
        return self.average.model if self.average else self.model

    def run(self, resume: bool) -> Path:
        done = self._restore(resume)
        if self.processes.is_main:
            self.keeper.forget(after=done)
        self.observer.started(done)
        self.observer.log(self._introduction(done))
        for doubt in doubts(self.recipe, extent(self.recipe, self.dataset)):
            self.observer.log(doubt)
        while done < self.recipe.epochs and not self._why_stop(done):
            row = self._epoch(done)
            done += 1
            began = monotonic()
            self._finish_epoch(done, row)
            self.clock.between(monotonic() - began)
        self._say_ending(done)
        if self.processes.is_main:
            self.keeper.finish(self.judged, done, self.accuracies)
        self.processes.shutdown()
        return self.keeper.files.final_checkpoint

    def _introduction(self, done: int) -> str:
        processes = f", {self.processes.count} processes" if self.processes.count > 1 else ""
        return (
            f"{self.recipe.title} on {self.dataset.name}: {len(self.images)} training images, "
            f"{sum(p.numel() for p in self.model.parameters()):,} parameters, device {self.device}{processes}, "
            + (f"going on after epoch {done} of {self.recipe.epochs}" if done else f"{self.recipe.epochs} epochs")
        )

    def _why_stop(self, done: int) -> str:
        """Why no further epoch is trained though the recipe has more; empty to go on."""
        stopping = self.recipe.early_stopping
        if self.best.exhausts(self.recipe, done):
            return f"no better {self.best.metric} accuracy for {stopping.patience} epochs"
        return "catastrophic overfitting" if stopping.overfitting and self.overfitting.epoch else ""

    def _say_ending(self, done: int) -> None:
        if done < self.recipe.epochs:
            self.observer.log(f"stopped after epoch {done}: {self._why_stop(done)}")
        if self.best.accuracies:
            shares = ", ".join(f"{name} {value:.1%}" for name, value in self.best.accuracies.items())
            self.observer.log(f"best epoch: {self.best.epoch} ({shares})")

    def _finish_epoch(self, done: int, row: EpochRow) -> None:
        """Keep what the epoch gave: first its model, the state that resuming starts from last."""
        self.accuracies = {name: row[name] for name in ("natural", "pgd", "adaptive")}
        self.best = self.best.after(done, self.accuracies)
        self.overfitting = self.overfitting.after(done, row)
        if not self.processes.is_main:
            return
        self.keeper.keep_model(self.judged, done, self.accuracies, best=self.best.epoch == done)
        self.observer.epoch_finished(row)
        if self.overfitting.epoch == done:
            self.observer.log(self.overfitting.sentence)
        self.keeper.keep_state(
            epoch=done,
            model=self.model.state_dict(),
            optimiser=self.optimiser.state_dict(),
            average=self.average.state_dict() if self.average else None,
            best=self.best.state(),
            accuracies=self.accuracies,
            overfitting=self.overfitting.state(),
        )

    def _new_model(self) -> Classifier:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derived_seed(self.recipe.seed, "weights"))
            model = build_model(self.recipe.model, self.dataset.image_shape, len(self.dataset.classes))
        if self.recipe.channels_last:
            model = model.to(memory_format=torch.channels_last)
        return model.to(self.device)

    def _restore(self, resume: bool) -> int:
        """Go on from the state on disk, which the first process reads for all; gives the epochs that are done."""
        device = self.device if self.processes.count == 1 else torch.device("cpu")
        read = resume and self.processes.is_main
        state = self.processes.broadcast(self.keeper.state(device) if read else None)
        if state is None:
            return 0
        self.model.load_state_dict(state.model)
        self.optimiser.load_state_dict(state.optimiser)
        if self.average and state.average:
            self.average.load_state_dict(state.average)
        if state.best:
            self.best = Best(**state.best)
        if state.overfitting:
            self.overfitting = Overfitting(**state.overfitting)
        self.accuracies = state.accuracies or {}
        return state.epoch

    def _epoch(self, epoch: int) -> EpochRow:
        started, recipe = monotonic(), self.recipe
        torch.manual_seed(derived_seed(recipe.seed, "global", epoch))  # for whatever draws without a generator
        generator = torch.Generator(self.device).manual_seed(derived_seed(recipe.seed, "steps", epoch))
        batches = epoch_batches(len(self.images), recipe.batch_size, derived_seed(recipe.seed, "order", epoch))
        batches = batches[: recipe.steps_per_epoch]
        sums: dict[str, Tensor | float] = defaultdict(float)
        seen = 0
        for step, indices in enumerate(batches):
            time = step_time(epoch, step, len(batches))
            found = self._step(indices, epoch, time, generator)
            for name, value in found.items():
                sums[name] = sums[name] + value
            seen += len(indices)
            check = step % LOSS_CHECK_STEPS == 0 or step + 1 == len(batches)
            if check:
                self._check(float(sums["loss"]), epoch)
            self.clock.step()
            told = self.processes.count == 1 and (check or self.device.type == "cpu")
            self._report(epoch, step + 1, len(batches), float(found["loss"]) / len(indices) if told else None)
        self._check_weights(epoch)
        validation_started = monotonic()
        accuracies = self.processes.broadcast(self.validation.accuracies(self.judged) if self.processes.is_main else {})
        self.clock.validated(monotonic() - validation_started)
        means = self.processes.total({name: float(value) for name, value in sums.items()})
        return {
            "epoch": epoch + 1,
            "learning_rate": learning_rate(recipe, step_time(epoch, len(batches) - 1, len(batches))),
            "epsilon": epsilon(recipe, step_time(epoch, len(batches) - 1, len(batches))),
            **{name: value / seen for name, value in means.items()},
            **accuracies,
            "constant": self.best.constant,
            "seconds": round(monotonic() - started, 3),
        }

    def _step(self, indices: Tensor, epoch: int, time: float, generator: torch.Generator) -> dict[str, Tensor]:
        recipe = self.recipe
        images, labels = self.images.batch(indices.to(self.images.labels.device), self.device)
        images = augment(images, recipe.augmentation, generator)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(recipe, time)
        attack = recipe.attack.model_copy(update={"epsilon": epsilon(recipe, time)})
        sums = self.stepper.take(
            images, labels, StepSettings(recipe.objective, attack, recipe.negatives, epoch), generator
        )
        if self.average:
            self.average.update(self.model)
        return sums

    def _check(self, loss: float, epoch: int) -> None:
        loss = self.processes.total({"loss": loss})["loss"]
        if not math.isfinite(loss):
            raise self._diverged(f"The loss became {loss}", epoch)

    def _check_weights(self, epoch: int) -> None:
        # The last step of an epoch may have spoilt them after its loss was still finite.
        if not all(bool(torch.isfinite(parameter).all()) for parameter in self.model.parameters()):
            raise self._diverged("The weights became infinite or NaN", epoch)

    def _diverged(self, what: str, epoch: int) -> AncraError:
        kept = f"; the state after epoch {epoch} is kept" if epoch else ""
        return AncraError(f"{what} in epoch {epoch + 1}: lower optimiser.learning_rate{kept}.")

    def _report(self, epoch: int, step: int, steps: int, loss: float | None) -> None:
        left = (self.recipe.epochs - epoch) * steps - step
        remaining = self.clock.remaining(left, self.recipe.epochs - epoch)
        if self.clock.steps == ESTIMATE_STEPS and remaining is not None:
            self.observer.log(
                f"about {duration(remaining)} to go at {self.clock.step_seconds:.2g} s a step, "
                f"{steps} steps an epoch; validation comes on top"
            )
        self.observer.progressed(RunProgress(epoch, self.recipe.epochs, step, steps, remaining, loss))
