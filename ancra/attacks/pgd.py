"""Projected gradient descent: the loop behind every gradient attack here (Madry et al. 2018)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ancra.attacks.objectives import Loss, Objective, as_objective
from ancra.attacks.settings import AttackSettings
from ancra.errors import AncraError
from ancra.models.plain import as_classifier
from ancra.models.prediction import Prediction

# AutoAttack's targeted attacks try nine classes (Croce and Hein 2020, section 5).
DEFAULT_TARGETS = 9


@dataclass(frozen=True)
class AttackResult:
    """What an attack found for N images.

    Attributes:
        images: (N, C, H, W) in [0, 1], inside the epsilon ball of the originals.
        success: (N,) bool; the model's own decision is wrong (untargeted) or the target (targeted).
        loss: (N,) the objective at ``images``.
    """

    images: Tensor
    success: Tensor
    loss: Tensor


@dataclass(frozen=True)
class Step:
    """One point of the search: the images after ``index`` steps and what was seen there.

    Attributes:
        prediction: what the objective saw (under the attacker's own attention, if it has one).
        loss: (N,) the objective, larger is better for the attacker (already negated where the attack is targeted).
        gradient: (N, C, H, W) of that loss with respect to the images; None at the last step.
    """

    index: int
    images: Tensor
    prediction: Prediction
    loss: Tensor
    gradient: Tensor | None


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without parameter gradients; every module's mode and every flag is put back afterwards."""
    modes = {module: module.training for module in model.modules()}
    flags = {parameter: parameter.requires_grad for parameter in model.parameters()}
    model.eval().requires_grad_(False)
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
        for parameter, flag in flags.items():
            parameter.requires_grad_(flag)


def project(images: Tensor, center: Tensor, settings: AttackSettings) -> Tensor:
    """The nearest point inside the epsilon ball around ``center``, then inside [0, 1]."""
    delta = images - center
    if settings.norm == "linf":
        delta = delta.clamp(-settings.epsilon, settings.epsilon)
    else:
        delta = delta * (settings.epsilon / norms(delta).clamp_min(1e-12)).clamp_max(1)
    return (center + delta).clamp(0, 1)


def norms(delta: Tensor) -> Tensor:
    """(N, 1, 1, 1) the L2 norm of each sample."""
    return delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1)


def start_point(images: Tensor, settings: AttackSettings, generator: torch.Generator) -> Tensor:
    """Where the search starts: the images, a uniform point of the ball, or 0.001 * N(0, 1) beside them."""
    if settings.start == "none":
        return images.clone()
    shape, options = images.shape, {"generator": generator, "device": images.device}
    if settings.start == "gaussian":
        return project(images + 0.001 * torch.randn(shape, **options), images, settings)
    if settings.norm == "linf":
        return project(images + settings.epsilon * (2 * torch.rand(shape, **options) - 1), images, settings)
    direction = torch.randn(shape, **options)
    # In d dimensions the volume grows with radius ** d, so u ** (1 / d) makes the point uniform in the ball.
    radius = torch.rand((len(images), 1, 1, 1), **options) ** (1 / images[0].numel())
    return project(images + settings.epsilon * radius * direction / norms(direction), images, settings)


def ascend(images: Tensor, gradient: Tensor, center: Tensor, settings: AttackSettings) -> Tensor:
    """One step along the gradient (its sign for Linf, its direction for L2), projected."""
    direction = gradient.sign() if settings.norm == "linf" else gradient / norms(gradient).clamp_min(1e-12)
    return project(images + settings.step_length * direction, center, settings)


def search(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: AttackSettings,
    generator: torch.Generator,
    *,
    objective: Objective | None = None,
    direction: Tensor | float = 1.0,
    start: Tensor | None = None,
) -> Iterator[Step]:
    """Walk the search; yields ``settings.steps + 1`` points, each before the next gradient is taken.

    The caller holds the model ``frozen``. ``labels`` are what the objective is evaluated at: the true labels with
    ``direction`` 1, the targets with -1; a tensor of directions (N,) runs both kinds in one batch.
    """
    goal = as_objective(objective or settings.objective)
    answer = as_classifier(model)
    attention = goal.attention(labels) if goal.attention else None
    current = start_point(images, settings, generator) if start is None else start
    for index in range(settings.steps + 1):
        last = index == settings.steps
        with torch.set_grad_enabled(not last):
            point = current.detach().requires_grad_(not last)
            prediction = answer.predict(point, attention)
            loss = direction * goal.loss(prediction, labels)
        gradient = None if last else torch.autograd.grad(loss.sum(), point)[0]
        yield Step(index, current.detach(), prediction, loss.detach(), gradient)
        if gradient is not None:
            current = ascend(current, gradient, images, settings)


def perturb(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: AttackSettings,
    generator: torch.Generator,
    direction: Tensor | float = 1.0,
) -> Tensor:
    """The images after the last step, unjudged: what adversarial training needs, one forward pass cheaper."""
    goal = as_objective(settings.objective)
    answer = as_classifier(model)
    current = start_point(images, settings, generator)
    with frozen(model):
        attention = goal.attention(labels) if goal.attention else None
        for _ in range(settings.steps):
            point = current.requires_grad_()
            loss = (direction * goal.loss(answer.predict(point, attention), labels)).sum()
            (gradient,) = torch.autograd.grad(loss, point)
            current = ascend(point.detach(), gradient, images, settings)
    return current


def pgd(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: AttackSettings,
    *,
    targets: Tensor | None = None,
    objective: str | Loss | Objective | None = None,
    generator: torch.Generator | None = None,
) -> AttackResult:
    """Attack images within an epsilon ball of [0, 1] pixel space.

    Keeps, for each image, the point that breaks it with the largest loss, else the point of the largest loss
    (``settings.keep = "last"``: the last point of the last search). An image that is broken is not searched again by
    the remaining restarts and targets.

    Args:
        model: any classifier ``x -> logits``; its mode, gradients and BatchNorm statistics stay as they are.
        images: (N, C, H, W) in [0, 1].
        labels: (N,) the true classes.
        targets: (N,) the classes to reach; needed when ``settings.targeted``.
        objective: overrides ``settings.objective``; may be a plain function ``(prediction, labels) -> (N,)``.
        generator: on the images' device; by default seeded with ``settings.seed``.

    Raises:
        AncraError: a targeted attack without targets or with a target that is the label; logits that are not finite.
    """
    if settings.targeted and targets is None:
        raise AncraError("A targeted attack needs a target class for every image.")
    if settings.targeted and bool((targets == labels).any()):
        raise AncraError("A target class must differ from the image's own class; choose another target.")
    generator = generator or torch.Generator(images.device).manual_seed(settings.seed)
    goal = as_objective(objective or settings.objective)
    with frozen(model):
        natural = decide(model, images)
        best = images.clone()
        success = torch.zeros(len(images), dtype=torch.bool, device=images.device)
        best_loss = torch.full((len(images),), -torch.inf, device=images.device)
        for aims in _aims(natural, labels, targets, settings, goal):
            for _ in range(settings.restarts):
                rest = (
                    torch.arange(len(images), device=images.device)
                    if settings.keep == "last"
                    else (~success).nonzero()[:, 0]
                )
                if len(rest) == 0:
                    break
                found = _one_search(model, images, labels, aims, rest, settings, generator, goal)
                better = (
                    found.success | (found.loss > best_loss[rest])
                    if settings.keep == "best"
                    else torch.ones_like(found.success)
                )
                chosen = rest[better]
                best[chosen], best_loss[chosen] = found.images[better], found.loss[better]
                success[chosen] = found.success[better]
    return AttackResult(best, success, best_loss)


def decide(model: nn.Module, images: Tensor) -> Tensor:
    """(N, K) the model's own final logits, without gradients. Raises AncraError where they are not finite."""
    with torch.no_grad():
        logits = as_classifier(model).predict(images).logits
    if not bool(torch.isfinite(logits).all()):
        raise AncraError(
            "The model answers with NaN or infinite logits, so no attack on it means anything; check its weights."
        )
    return logits


def likeliest_wrong(logits: Tensor, labels: Tensor, count: int) -> Tensor:
    """(N, min(count, K - 1)) the wrong classes with the highest logits, the likeliest first."""
    count = min(count, logits.shape[1] - 1)
    return logits.scatter(1, labels[:, None], -torch.inf).topk(count, dim=1).indices


def _aims(
    natural: Tensor, labels: Tensor, targets: Tensor | None, settings: AttackSettings, goal: Objective
) -> list[Tensor | None]:
    """The targets (N,) of each search in turn; None for an untargeted one."""
    if settings.targeted:
        return [targets]
    count = settings.targets or (DEFAULT_TARGETS if goal.needs_targets else 0)
    if count:
        return list(likeliest_wrong(natural, labels, count).T)
    return [None]


def _one_search(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    aims: Tensor | None,
    rest: Tensor,
    settings: AttackSettings,
    generator: torch.Generator,
    goal: Objective,
) -> AttackResult:
    center, own = images[rest], labels[rest]
    sought = own if aims is None else aims[rest]
    direction = 1.0 if aims is None else -1.0
    best, best_loss = center.clone(), torch.full(own.shape, -torch.inf, device=center.device)
    success = torch.zeros_like(own, dtype=torch.bool)
    for step in search(model, center, sought, settings, generator, objective=goal, direction=direction):
        if settings.keep == "last" and step.index < settings.steps:
            continue
        logits = step.prediction.logits if goal.attention is None else decide(model, step.images)
        classes = logits.detach().argmax(dim=1)
        broken = classes == sought if settings.targeted else classes != own
        better = (broken & ~success) | ((broken == success) & (step.loss > best_loss))
        if settings.keep == "last":
            better = torch.ones_like(better)
        best = torch.where(better.view(-1, 1, 1, 1), step.images, best)
        best_loss = torch.where(better, step.loss, best_loss)
        success = torch.where(better, broken, success)
    return AttackResult(best, success, best_loss)
