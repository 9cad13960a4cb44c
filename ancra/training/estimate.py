"""How long a recipe takes and how much memory it needs, from a step that was really taken."""

from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any

import torch
from torch import Tensor

from ancra.data.dataset import Split
from ancra.data.registry import load_dataset
from ancra.device import limit_threads
from ancra.losses.step import StepSettings
from ancra.models.classifier import Classifier
from ancra.models.registry import build_model
from ancra.paths import workspace
from ancra.progress import duration
from ancra.recipe import Recipe
from ancra.training.doubts import doubts
from ancra.training.extent import extent
from ancra.training.memory import SavedForBackward
from ancra.training.processes import Processes
from ancra.training.reproducibility import as_ancra_errors, reproducible
from ancra.training.update import Stepper, new_optimiser
from ancra.training.validation import Validation

FIRST = 8  # images of the first, smallest step


@dataclass(frozen=True)
class Estimate:
    """What a run of a recipe will ask for, on one process of this machine as it is now.

    Attributes:
        device: what it would compute on.
        images, parameters: how many it trains on, and how many are trained.
        epochs, steps: epochs of the run, and steps of each.
        step_seconds, validation_seconds: of one step, and of the validation after each epoch.
        seconds: of the whole run.
        doubts: settings that make no sense together, a sentence each.
        memory_bytes: of all tensors at the worst moment of a step: weights, images, what is kept for the backward pass.
        measured: how many images the measured step had; the numbers are scaled from there to the batch.
    """

    device: str
    images: int
    parameters: int
    epochs: int
    steps: int
    step_seconds: float
    validation_seconds: float
    seconds: float
    memory_bytes: int
    measured: int
    doubts: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """For people: ``About 4 min on cpu (15 epochs of 10 steps of 1.2 s, validation 3 s each), about 0.3 GB.``"""
        steps = "1 step" if self.steps == 1 else f"{self.steps} steps"
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        return (
            f"About {duration(self.seconds)} on {self.device} ({epochs} of {steps} of {self.step_seconds:.2g} s, "
            f"validation {self.validation_seconds:.2g} s each), about {self.memory_bytes / 1e9:.2g} GB."
        )

    def row(self) -> dict[str, Any]:
        """Everything as JSON-able values, the sentence too."""
        return {**asdict(self), "sentence": self.sentence}


def estimate(recipe: Recipe, budget: float = 3.0) -> Estimate:
    """Take real steps on random images, on batches as large as the time allows, and scale.

    Compiling is left out, so a compiled run is faster after its start. What is done when training is over (the test
    attacks), and the maps of ``keep_epochs``, come on top. Random numbers of the caller stay as they are.

    Args:
        budget: seconds, about, that the steps may take; a slow first step may take longer.

    Raises:
        AncraError: the data or the device is not there, or the memory is full.
    """
    plain = recipe.with_changes(accumulate=1, compile=False, attack={**recipe.attack.model_dump(), "compiled": False})
    devices = list(range(torch.cuda.device_count()))
    with as_ancra_errors(recipe.data.root or workspace()), reproducible(), torch.random.fork_rng(devices):
        limit_threads()
        return _Measuring(plain, -(-recipe.batch_size // recipe.accumulate)).run(budget)


class _Measuring:
    """Steps of one recipe on random images; ``part`` is how many a step of the run computes at once."""

    def __init__(self, recipe: Recipe, part: int) -> None:
        self.recipe = recipe
        processes = Processes(recipe)
        self.device: torch.device = processes.device
        dataset = load_dataset(recipe.data)
        self.extent = extent(recipe, dataset)
        self.images, self.held_out = self.extent.images, self.extent.validated
        self.batch, self.part = min(recipe.batch_size, self.images), min(part, self.images)
        self.shape, self.classes = dataset.image_shape, len(dataset.classes)
        self.model: Classifier = build_model(recipe.model, self.shape, self.classes).to(self.device)
        if recipe.channels_last:
            self.model.to(memory_format=torch.channels_last)
        self.optimiser = new_optimiser(self.model, recipe)
        self.stepper = Stepper(self.model, self.optimiser, recipe, processes, lambda line: None)

    def run(self, budget: float) -> Estimate:
        began, size = monotonic(), min(FIRST, self.part)
        saved = self._saved(size)  # the first step, which also warms up
        seconds = self._step(size)
        while size < self.part and monotonic() - began + 2 * seconds < budget:
            size = min(2 * size, self.part)
            seconds = self._step(size)
        if monotonic() - began + seconds < budget:
            seconds = min(seconds, self._step(size))
        step_seconds = seconds * self.batch / size
        memory = self._memory_on_gpu(size) if self.device.type == "cuda" else saved * self.part / min(FIRST, self.part)
        validation_seconds = self._validation(size)
        steps = self.extent.steps
        return Estimate(
            device=str(self.device),
            images=self.images,
            parameters=self.extent.parameters,
            epochs=self.recipe.epochs,
            steps=steps,
            step_seconds=step_seconds,
            validation_seconds=validation_seconds,
            seconds=self.recipe.epochs * (steps * step_seconds + validation_seconds),
            memory_bytes=round(memory) + self._lasting(),
            measured=size,
            doubts=tuple(doubts(self.recipe, self.extent)),
        )

    def _batch(self, size: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator(self.device).manual_seed(0)
        images = torch.rand((size, *self.shape), generator=generator, device=self.device)
        return images, torch.arange(size, device=self.device) % self.classes

    def _step(self, size: int) -> float:
        """Seconds of a step with so many images."""
        images, labels = self._batch(size)
        # An epoch after all warm-ups, when the step is at its most expensive.
        step = StepSettings(self.recipe.objective, self.recipe.attack, self.recipe.negatives, self.recipe.epochs)
        self._wait()
        began = monotonic()
        self.stepper.take(images, labels, step, torch.Generator(self.device).manual_seed(0))
        self._wait()
        return monotonic() - began

    def _saved(self, size: int) -> int:
        """Bytes that a step with so many images keeps for its backward passes, at most."""
        saved = SavedForBackward(self.model)
        with saved:
            self._step(size)
        return saved.peak

    def _memory_on_gpu(self, size: int) -> float:
        """Bytes of a step beside what lasts, scaled to a whole part."""
        torch.cuda.reset_peak_memory_stats(self.device)
        before = torch.cuda.memory_allocated(self.device)
        self._step(size)
        return (torch.cuda.max_memory_allocated(self.device) - before) * self.part / size

    def _lasting(self) -> int:
        """Bytes that are there all the time: weights and what belongs to them, and the training images."""
        copies = 2 + bool(self.recipe.optimiser.momentum) + bool(self.recipe.ema_decay)
        copies += self.recipe.objective.base != "natural"  # what the attack searches on
        weights = sum(tensor.numel() * tensor.element_size() for tensor in self.model.parameters())
        return copies * weights + self.images * torch.Size(self.shape).numel()

    def _validation(self, size: int) -> float:
        """Seconds of a validation in which the model answers every image rightly, so that all are attacked."""
        count = min(self.held_out, size)
        images, _ = self._batch(count)
        with torch.no_grad():
            labels = self.model.eval()(images).argmax(dim=1)
        found = Split((255 * images).round().to(torch.uint8).cpu(), labels.cpu())
        validation = Validation(found, self.recipe)
        began = monotonic()
        validation.accuracies(self.model)
        self._wait()
        return (monotonic() - began) * self.held_out / count

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
