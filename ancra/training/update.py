"""One step of the weights: a batch, in as many parts as the memory asks for, shared by the processes."""

from collections import defaultdict
from collections.abc import Callable

import torch
from torch import Tensor

from ancra.losses.step import StepSettings, attack_rows, draw_batch, loss_of_rows
from ancra.models.classifier import Classifier
from ancra.models.surrogate import LiveSurrogate
from ancra.recipe import Recipe
from ancra.training.batches import parts_of
from ancra.training.batchnorm import RunningStatistics
from ancra.training.forward import TrainingPass
from ancra.training.memory import in_parts
from ancra.training.processes import Processes


def new_optimiser(model: Classifier, recipe: Recipe) -> torch.optim.SGD:
    """The optimiser of a recipe for a model."""
    return torch.optim.SGD(
        model.parameters(),
        lr=recipe.optimiser.learning_rate,
        momentum=recipe.optimiser.momentum,
        nesterov=recipe.optimiser.nesterov,
        weight_decay=recipe.optimiser.weight_decay,
    )


class Stepper:
    """Takes steps with an optimiser.

    All that is random is drawn for the whole batch by every process, and the loss is the mean over the whole batch: a
    step does not depend on how the batch is divided, but for BatchNorm, which normalises each part by itself.

    Args:
        say: is given the sentence when a batch has to be computed in more parts.
    """

    def __init__(
        self,
        model: Classifier,
        optimiser: torch.optim.Optimizer,
        recipe: Recipe,
        processes: Processes,
        say: Callable[[str], None],
    ) -> None:
        self.model, self.optimiser, self.processes, self.say = model, optimiser, processes, say
        self.parts = recipe.accumulate
        self.answer = TrainingPass(model, recipe, say)
        self.live = LiveSurrogate(model)
        self.statistics = RunningStatistics(model)

    def take(self, images: Tensor, labels: Tensor, step: StepSettings, generator: torch.Generator) -> dict[str, Tensor]:
        """One step.

        Args:
            images: (N, C, H, W) in [0, 1], the whole batch. labels: (N,).
            generator: on their device, in the same state in every process.

        Returns:
            ``loss`` and ``loss/NAME`` of its parts: sums over this process's images, detached.

        Raises:
            AncraError: the device's memory is full with the smallest part of a batch.
        """
        mine = parts_of(len(labels), self.processes.count)[self.processes.rank]
        most = max(1, (mine.stop - mine.start) // 2)
        self.statistics.begin()
        draws = generator.get_state()

        def smaller(parts: int) -> None:
            self.parts = parts
            self.statistics.begin_again()
            generator.set_state(draws)
            self.say(
                f"The memory of {self.processes.device} is full: from here on a batch is computed in {parts} parts, "
                "and their gradients are added up."
            )

        sums = in_parts(
            lambda parts: self._gradients(images, labels, step, generator, mine, parts), self.parts, most, smaller
        )
        self._share()
        self.optimiser.step()
        return sums

    def _gradients(
        self,
        images: Tensor,
        labels: Tensor,
        step: StepSettings,
        generator: torch.Generator,
        mine: slice,
        parts: int,
    ) -> dict[str, Tensor]:
        self.optimiser.zero_grad(set_to_none=True)
        self.model.train()
        runs = [run for run in parts_of(mine.stop - mine.start, parts) if run.stop > run.start]
        divided = len(runs) > 1 or self.processes.count > 1
        largest = max((run.stop - run.start for run in runs), default=1)
        sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=images.device))
        with self.processes.fabric.autocast():
            drawn = draw_batch(self.model, images, labels, step, generator, largest)
        for run in runs:
            rows = slice(mine.start + run.start, mine.start + run.stop)
            size = rows.stop - rows.start
            if divided:
                self.statistics.reset()
            with self.processes.fabric.autocast():
                made = attack_rows(self.model, drawn, step, rows, self.live)
                loss = loss_of_rows(self.answer, made, step.objective)
            self.processes.fabric.backward(loss.total * (size / len(labels)))
            if divided:
                self.statistics.add(size / len(labels))
            sums["loss"] += loss.total.detach() * size
            for name, value in loss.parts.items():
                sums[f"loss/{name}"] += value * size
        if divided:
            self.statistics.finish()
        return sums

    def _share(self) -> None:
        """Add up the gradients, and the shares of the running statistics, over the processes."""
        if self.processes.count == 1:
            return
        gradients = []
        for parameter in self.model.parameters():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            gradients.append(parameter.grad)
        self.processes.sum(gradients)
        self.processes.sum(self.statistics.moving)  # each holds its process's share of the mean
