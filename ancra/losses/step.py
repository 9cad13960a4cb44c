"""One training step up to the loss: adversarial images, negatives, training-mode passes.

A step is taken apart so that a batch can be computed in parts, by one process or by several: ``draw_batch`` draws all
that is random for the whole batch, ``attack_rows`` makes the images of some rows, ``loss_of_rows`` passes them through.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ancra.attacks.ball import start_point
from ancra.attacks.search import perturb
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import frozen
from ancra.losses.objectives import LossParts, Passes, needs_natural, training_loss
from ancra.losses.settings import ObjectiveSettings
from ancra.models.classifier import Classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import label_rows
from ancra.models.surrogate import LiveSurrogate
from ancra.negatives.picker import Batch, Picks, pick
from ancra.negatives.settings import NegativeSettings
from ancra.negatives.strategy import active_picker

Answer = Callable[[Tensor, Tensor], Prediction]
"""The training-mode pass: images (n, C, H, W), and the labels (n,) whose rows the reverse attention takes."""


@dataclass(frozen=True)
class StepSettings:
    """What a step does: the objective; the attack with the epsilon of now; the negatives; the epoch, from 0."""

    objective: ObjectiveSettings
    attack: AttackSettings
    negatives: NegativeSettings
    epoch: int


@dataclass(frozen=True)
class DrawnBatch:
    """A batch of N images with everything random about its step.

    Attributes:
        images: (N, C, H, W) in [0, 1]. labels: (N,).
        picks: each anchor's negative, by its place in the batch; None without a contrast.
        starts: where the attacks start: (N, C, H, W) for the images, then as many for the negatives if they are
            attacked; None without an attack.
    """

    images: Tensor
    labels: Tensor
    picks: Picks | None
    starts: Tensor | None


@dataclass(frozen=True)
class StepImages:
    """What passes through the model in training mode for n rows of a batch; None where the objective needs none.

    Attributes:
        natural, adversarial, negatives: (n, C, H, W). labels: (n,), and those of the negatives.
        valid: (n,) bool, whether the anchor has a negative at all.
    """

    natural: Tensor
    labels: Tensor
    adversarial: Tensor | None = None
    negatives: Tensor | None = None
    negative_labels: Tensor | None = None
    valid: Tensor | None = None


def training_step(
    model: Classifier,
    images: Tensor,
    labels: Tensor,
    *,
    objective: ObjectiveSettings,
    attack: AttackSettings,
    negatives: NegativeSettings,
    epoch: int,
    generator: torch.Generator,
    live: LiveSurrogate | None = None,
) -> LossParts:
    """The loss of one batch (docs/method.md, section 4); call ``.total.backward()`` on the answer.

    The adversarial images, and the negatives' targeted attack, are made on the model in evaluation mode, both in one
    batch. Then the natural, adversarial and negative images pass through the model in the mode the caller set, each
    with the rows of its own labels, in this order (it is the order in which BatchNorm's statistics move).

    Args:
        images: (N, C, H, W) in [0, 1]. labels: (N,).
        attack: with the epsilon of this epoch.
        epoch: counted from 0; decides whether negatives are still picked at random.
        generator: on the images' device.
        live: a copy of ``model`` for the attack, kept for many steps; nothing in the step waits for the device then.
    """
    step = StepSettings(objective, attack, negatives, epoch)
    drawn = draw_batch(model, images, labels, step, generator)
    made = attack_rows(model, drawn, step, slice(0, len(labels)), live)
    return loss_of_rows(lambda x, y: model.predict(x, label_rows(y)), made, objective)


def draw_batch(
    model: Classifier,
    images: Tensor,
    labels: Tensor,
    step: StepSettings,
    generator: torch.Generator,
    part: int | None = None,
) -> DrawnBatch:
    """Pick the negatives and draw the starts of the attacks, for the whole batch.

    Args:
        images: (N, C, H, W) in [0, 1]. labels: (N,).
        generator: on the images' device.
        part: how many images the model is asked about at once; all of them for None.
    """
    if step.objective.base == "natural":
        return DrawnBatch(images, labels, None, None)
    if step.objective.contrast is None:
        return DrawnBatch(images, labels, None, start_point(images, step.attack, generator))
    picker = active_picker(step.negatives, step.epoch)
    if picker.needs_logits:
        with frozen(model), torch.no_grad():
            logits = torch.cat([model(some) for some in images.split(part or len(images))])
    else:
        logits = torch.zeros(len(labels), model.classes, device=labels.device)
    picks = pick(picker, Batch(labels, logits), generator)
    attacked = images
    if step.negatives.perturbation != "none":
        attacked = torch.cat([images, images[picks.indices]])
    return DrawnBatch(images, labels, picks, start_point(attacked, step.attack, generator))


def attack_rows(
    model: Classifier, drawn: DrawnBatch, step: StepSettings, rows: slice, live: LiveSurrogate | None = None
) -> StepImages:
    """The adversarial images and the negatives of some rows; in evaluation mode samples do not meet, so any will do.

    Args:
        rows: from ``start`` to ``stop``, both given.
    """
    images, labels = drawn.images[rows], drawn.labels[rows]
    if drawn.starts is None:
        return StepImages(images, labels)
    starts = drawn.starts[rows]
    if drawn.picks is None:
        return StepImages(images, labels, perturb(model, images, labels, step.attack, start=starts, live=live))
    indices, valid = drawn.picks.indices[rows], drawn.picks.valid[rows]
    negatives, own = drawn.images[indices], drawn.labels[indices]
    if step.negatives.perturbation == "none":
        adversarial = perturb(model, images, labels, step.attack, start=starts, live=live)
        return StepImages(images, labels, adversarial, negatives, own, valid)
    # Both attacks in one batch: away from the label, and towards the anchor's.
    direction = torch.ones(2 * len(images), device=images.device)
    direction[len(images) :] = -1
    second = slice(rows.start + len(drawn.images), rows.stop + len(drawn.images))
    both = perturb(
        model,
        torch.cat([images, negatives]),
        labels.repeat(2),
        step.attack,
        direction=direction,
        start=torch.cat([starts, drawn.starts[second]]),
        live=live,
    )
    adversarial, negatives = both.split(len(images))
    return StepImages(images, labels, adversarial, negatives, own, valid)


def loss_of_rows(answer: Answer, made: StepImages, objective: ObjectiveSettings) -> LossParts:
    """The loss of some rows, a mean over them: natural, adversarial and negative images, in this order."""
    natural = answer(made.natural, made.labels) if needs_natural(objective) else None
    adversarial = negative = None
    if made.adversarial is not None:
        adversarial = answer(made.adversarial, made.labels)
    if made.negatives is not None and made.negative_labels is not None:
        negative = answer(made.negatives, made.negative_labels)
    return training_loss(objective, Passes(natural, adversarial, negative, made.valid), made.labels)
