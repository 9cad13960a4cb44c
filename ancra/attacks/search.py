"""The search for an adversarial image, one point after the other (Madry et al. 2018)."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ancra.attacks.ball import ascend, start_point
from ancra.attacks.door import check_objective
from ancra.attacks.objectives import Objective, as_objective
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import frozen
from ancra.errors import AncraError
from ancra.models.plain import as_classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import Attention
from ancra.models.surrogate import LiveSurrogate, surrogate, usable_precision

# A fast copy of the model costs about as much as these many steps on one image.
WORTH_A_COPY = 5


@dataclass(frozen=True)
class Step:
    """One point of the search: the images after ``index`` steps and what was seen there.

    Attributes:
        prediction: what the objective saw (under the attacker's own attention, if it has one).
        loss: (n,) the objective, larger is better for the attacker (already negated where the attack is targeted).
        gradient: (n, C, H, W) of that loss with respect to the images; None at the last step.
        rows: (n,) which of the N images these are; all of them unless some were retired.
    """

    index: int
    images: Tensor
    prediction: Prediction
    loss: Tensor
    gradient: Tensor | None
    rows: Tensor


def search(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: AttackSettings,
    generator: torch.Generator | None = None,
    *,
    objective: Objective | None = None,
    direction: Tensor | float = 1.0,
    start: Tensor | None = None,
    retired: Tensor | None = None,
) -> Iterator[Step]:
    """Walk the search; yields ``settings.steps + 1`` points, each with the gradient that leads to the next.

    The caller holds the model ``frozen``. ``labels`` are what the objective is evaluated at: the true labels with
    ``direction`` 1, the targets with -1; a tensor of directions (N,) runs both kinds in one batch.

    Args:
        generator: draws the start when ``start`` (N, C, H, W) is not given; by default seeded with ``settings.seed``.
        retired: (N,) bool; images that the caller marks in it between two points leave the batch and cost no more.

    Raises:
        AncraError: the objective gives no loss per sample, or no gradient reaches the images.
    """
    goal = as_objective(objective or settings.objective)
    answer = as_classifier(model)
    signs = torch.as_tensor(direction, device=images.device).expand(len(images))
    center = images.detach()
    if start is None:
        generator = generator or torch.Generator(images.device).manual_seed(settings.seed)
        start = start_point(images, settings, generator)
    current = start.detach()
    rows = torch.arange(len(images), device=images.device)
    attention = attention_of(goal, labels)
    for index in range(settings.steps + 1):
        if retired is not None and bool(retired[rows].any()):
            stay = ~retired[rows]
            rows, center, current, labels, signs = (part[stay] for part in (rows, center, current, labels, signs))
            attention = attention_of(goal, labels)
        if len(rows) == 0:
            return
        last = index == settings.steps
        with torch.set_grad_enabled(not last):
            point = current.detach().requires_grad_(not last)
            prediction = answer.predict(point, attention)
            loss = signs * loss_of(goal, prediction, labels)
        gradient = None if last else gradient_of(loss, point)
        yield Step(index, current, prediction, loss.detach(), gradient, rows)
        if gradient is not None:
            current = ascend(current, gradient, center, settings)


def perturb(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: AttackSettings,
    generator: torch.Generator | None = None,
    direction: Tensor | float = 1.0,
    *,
    start: Tensor | None = None,
    live: LiveSurrogate | None = None,
) -> Tensor:
    """The images after the last step, unjudged: what adversarial training needs, one forward pass cheaper.

    Args:
        generator: draws the start when ``start`` (N, C, H, W) is not given; by default seeded with ``settings.seed``.
        live: a copy of ``model`` that is kept for many searches; nothing in them waits for the device then.
    """
    goal = as_objective(settings.objective)
    if start is None:
        generator = generator or torch.Generator(images.device).manual_seed(settings.seed)
        start = start_point(images, settings, generator)
    current = start.detach()
    if len(images) == 0:
        return current
    center = images.detach()
    with frozen(model), torch.enable_grad():
        answer = as_classifier(fast_copy(model, center, settings, settings.steps, live))
        attention = attention_of(goal, labels)
        for _ in range(settings.steps):
            point = current.requires_grad_()
            gradient = gradient_of(direction * loss_of(goal, answer.predict(point, attention), labels), point)
            current = ascend(point.detach(), gradient, center, settings)
    return current


def fast_copy(
    model: nn.Module, images: Tensor, settings: AttackSettings, steps: int, live: LiveSurrogate | None = None
) -> nn.Module:
    """What the search runs on: a fast copy when it pays off."""
    precision = usable_precision(settings.precision, images.device)
    if steps < WORTH_A_COPY:
        return model
    if live is not None:
        return live.current(images[:1], precision, settings.compiled)
    return surrogate(model, images[:1], precision, settings.compiled)


def attention_of(goal: Objective, labels: Tensor) -> Attention | None:
    return goal.attention(labels) if goal.attention else None


def loss_of(goal: Objective, prediction: Prediction, labels: Tensor) -> Tensor:
    check_objective(goal, prediction.logits)
    loss = goal.loss(prediction, labels)
    if not isinstance(loss, Tensor) or loss.shape != labels.shape:
        got = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise AncraError(f"The objective {goal.name!r} must give one loss a sample, shape ({len(labels)},); got {got}.")
    return loss


def gradient_of(loss: Tensor, point: Tensor) -> Tensor:
    if not loss.requires_grad:
        raise AncraError(
            "No gradient reaches the images: the model or the objective detaches them; use a black-box attack."
        )
    (gradient,) = torch.autograd.grad(loss, point, torch.ones_like(loss))
    return gradient
