"""Projected gradient descent: the loop behind every gradient attack here (Madry et al. 2018)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ancra.attacks.ball import ascend, norms, project, start_point
from ancra.attacks.objectives import Loss, Objective, as_objective
from ancra.attacks.settings import AttackSettings
from ancra.errors import AncraError
from ancra.models.plain import as_classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import Attention
from ancra.models.surrogate import LiveSurrogate, Precision, surrogate, usable_precision

__all__ = [
    "AttackResult",
    "Step",
    "ascend",
    "decide",
    "frozen",
    "likeliest_wrong",
    "norms",
    "perturb",
    "pgd",
    "project",
    "search",
    "start_point",
]

# AutoAttack's targeted attacks try nine classes (Croce and Hein 2020, section 5).
DEFAULT_TARGETS = 9
# A fast copy of the model costs about as much as these many steps on one image.
WORTH_A_COPY = 5
# Broken images are confirmed and taken out of the batch when they make up this share of it.
RETIRING_SHARE = 1 / 8


@dataclass(frozen=True)
class AttackResult:
    """What an attack found for N images.

    Attributes:
        images: (N, C, H, W) in [0, 1], inside the epsilon ball of the originals.
        success: (N,) bool; the model's own decision is wrong (untargeted) or the target (targeted).
        loss: (N,) the objective at ``images``, judged by the model itself; negated for a search towards a target.
        precision: what the search computed in. The verdict, ``success``, is the model's own in any case.
    """

    images: Tensor
    success: Tensor
    loss: Tensor
    precision: Precision = "fp32"


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
    attention = _attention(goal, labels)
    for index in range(settings.steps + 1):
        if retired is not None and bool(retired[rows].any()):
            stay = ~retired[rows]
            rows, center, current, labels, signs = (part[stay] for part in (rows, center, current, labels, signs))
            attention = _attention(goal, labels)
        if len(rows) == 0:
            return
        last = index == settings.steps
        with torch.set_grad_enabled(not last):
            point = current.detach().requires_grad_(not last)
            prediction = answer.predict(point, attention)
            loss = signs * _loss(goal, prediction, labels)
        gradient = None if last else _gradient(loss, point)
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
        answer = as_classifier(_fast(model, center, settings, settings.steps, live))
        attention = _attention(goal, labels)
        for _ in range(settings.steps):
            point = current.requires_grad_()
            gradient = _gradient(direction * _loss(goal, answer.predict(point, attention), labels), point)
            current = ascend(point.detach(), gradient, center, settings)
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
    (``settings.keep = "last"``: the last point of the last search; ``"first"``: the first point found to break it, and
    an image that is broken before any step is left as it is). An image that is broken is not searched again by the
    remaining restarts and targets; with ``"first"`` it leaves the running search too.

    The search runs on a copy of the model with BatchNorm folded, in ``settings.precision``; whether an image is broken
    is always the verdict of the model itself, and what only the copy takes for broken is not counted.

    Args:
        model: any classifier ``x -> logits``; its mode, gradients and BatchNorm statistics stay as they are.
        images: (N, C, H, W) in [0, 1]; N may be 0.
        labels: (N,) the true classes.
        targets: (N,) the classes to reach; needed when ``settings.targeted``.
        objective: overrides ``settings.objective``; may be a plain function ``(prediction, labels) -> (N,)``.
        generator: on the images' device; by default seeded with ``settings.seed``.

    Raises:
        AncraError: images outside [0, 1]; labels or targets that are no classes of the model; a targeted attack without
            targets or with a target that is the label; logits that are not finite; no gradient.
    """
    _check(images, labels, targets, settings)
    generator = generator or torch.Generator(images.device).manual_seed(settings.seed)
    goal = as_objective(objective or settings.objective)
    as_classifier(model)
    images = images.detach()
    best = images.clone()
    success = torch.zeros(len(images), dtype=torch.bool, device=images.device)
    best_loss = torch.full((len(images),), -torch.inf, device=images.device)
    if len(images) == 0:
        return AttackResult(best, success, best_loss)
    with frozen(model):
        natural = decide(model, images)
        for classes in (labels, targets if settings.targeted else None):
            if classes is not None and not 0 <= int(classes.min()) <= int(classes.max()) < natural.shape[1]:
                raise AncraError(f"This model has the classes 0 to {natural.shape[1] - 1}; choose labels among them.")
        all_aims = _aims(natural, labels, targets, settings, goal)
        fast = _fast(model, images, settings, settings.steps * settings.restarts * len(all_aims))
        if settings.keep == "first":
            at_once = _judge(model, images, labels, targets if settings.targeted else None, settings, goal)
            success = at_once.success
            best_loss = torch.where(success, at_once.loss, best_loss)
        for aims in all_aims:
            for _ in range(settings.restarts):
                rest = (~success | (settings.keep == "last")).nonzero()[:, 0]
                if len(rest) == 0:
                    break
                # Drawn for all images, so that an image's start does not depend on how the others fared.
                start = start_point(images, settings, generator)[rest]
                aim = None if aims is None else aims[rest]
                found = _one_search(model, fast, images[rest], labels[rest], aim, start, settings, goal)
                better = found.success | (found.loss > best_loss[rest]) | (settings.keep == "last")
                chosen = rest[better]
                best[chosen], best_loss[chosen] = found.images[better], found.loss[better]
                success[chosen] = found.success[better]
    precision = settings.precision if fast is not model else "fp32"
    return AttackResult(best, success, best_loss, usable_precision(precision, images.device))


def decide(model: nn.Module, images: Tensor) -> Tensor:
    """(N, K) the model's own final logits, without gradients. Raises AncraError where they are not finite."""
    with torch.no_grad():
        return _finite(as_classifier(model).predict(images).logits)


def _finite(logits: Tensor) -> Tensor:
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
    fast: nn.Module,
    images: Tensor,
    labels: Tensor,
    aims: Tensor | None,
    start: Tensor,
    settings: AttackSettings,
    goal: Objective,
) -> AttackResult:
    """One walk on ``fast``; at its end, and wherever images are retired, ``model`` judges what was found."""
    sought, direction = (labels, 1.0) if aims is None else (aims, -1.0)
    goals = aims if settings.targeted else None
    best, best_loss = images.clone(), torch.full(labels.shape, -torch.inf, device=images.device)
    claimed, retired = torch.zeros_like(labels, dtype=torch.bool), torch.zeros_like(labels, dtype=torch.bool)
    walk = search(fast, images, sought, settings, objective=goal, direction=direction, start=start, retired=retired)
    for step in walk:
        if settings.keep == "last" and step.index < settings.steps:
            continue
        rows = step.rows
        logits = step.prediction.logits if goal.attention is None else decide(fast, step.images)
        broken = _broken(logits.detach(), labels[rows], goals if goals is None else goals[rows])
        better = (broken & ~claimed[rows]) | ((broken == claimed[rows]) & (step.loss > best_loss[rows]))
        if settings.keep == "last":
            better = torch.ones_like(better)
        chosen = rows[better]
        best[chosen], best_loss[chosen] = step.images[better], step.loss[better].to(best_loss.dtype)
        claimed[chosen] = broken[better]
        if settings.keep == "first" and step.index < settings.steps:
            fresh = (claimed & ~retired).nonzero()[:, 0]
            if len(fresh) >= RETIRING_SHARE * len(rows):
                verdict = _broken(decide(model, best[fresh]), labels[fresh], goals if goals is None else goals[fresh])
                retired[fresh[verdict]] = True
                # What the model does not take for broken walks on, and has to be claimed anew.
                claimed[fresh[~verdict]] = False
    return _judge(model, best, labels, aims, settings, goal)


def _judge(
    model: nn.Module, images: Tensor, labels: Tensor, aims: Tensor | None, settings: AttackSettings, goal: Objective
) -> AttackResult:
    """The model's own verdict on images, and the objective there."""
    sought, direction = (labels, 1.0) if aims is None else (aims, -1.0)
    attention = _attention(goal, sought)
    with torch.no_grad():
        prediction = as_classifier(model).predict(images, attention)
        loss = direction * _loss(goal, prediction, sought)
    logits = decide(model, images) if attention else _finite(prediction.logits)
    return AttackResult(images, _broken(logits, labels, aims if settings.targeted else None), loss.float())


def _fast(
    model: nn.Module, images: Tensor, settings: AttackSettings, steps: int, live: LiveSurrogate | None = None
) -> nn.Module:
    """What the search runs on: a fast copy when it pays off."""
    precision = usable_precision(settings.precision, images.device)
    if steps < WORTH_A_COPY:
        return model
    if live is not None:
        return live.current(images[:1], precision, settings.compiled)
    return surrogate(model, images[:1], precision, settings.compiled)


def _attention(goal: Objective, labels: Tensor) -> Attention | None:
    return goal.attention(labels) if goal.attention else None


def _broken(logits: Tensor, labels: Tensor, targets: Tensor | None) -> Tensor:
    """(N,) whether the attacker has what it wants."""
    classes = logits.argmax(dim=1)
    return classes != labels if targets is None else classes == targets


def _loss(goal: Objective, prediction: Prediction, labels: Tensor) -> Tensor:
    loss = goal.loss(prediction, labels)
    if not isinstance(loss, Tensor) or loss.shape != labels.shape:
        got = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise AncraError(f"The objective {goal.name!r} must give one loss a sample, shape ({len(labels)},); got {got}.")
    return loss


def _gradient(loss: Tensor, point: Tensor) -> Tensor:
    if not loss.requires_grad:
        raise AncraError(
            "No gradient reaches the images: the model or the objective detaches them; use a black-box attack."
        )
    (gradient,) = torch.autograd.grad(loss, point, torch.ones_like(loss))
    return gradient


def _check(images: Tensor, labels: Tensor, targets: Tensor | None, settings: AttackSettings) -> None:
    if settings.leaves_ball:
        raise AncraError("The start n_fgsm leaves the epsilon ball, so it is for training only: choose uniform.")
    if settings.targeted and targets is None:
        raise AncraError("A targeted attack needs a target class for every image.")
    for name, classes in {"labels": labels, "targets": targets}.items():
        if classes is not None and classes.shape != images.shape[:1]:
            raise AncraError(f"{len(images)} images need {len(images)} {name}; got shape {tuple(classes.shape)}.")
    if settings.targeted and targets is not None and bool((targets == labels).any()):
        raise AncraError("A target class must differ from the image's own class; choose another target.")
    if images.dim() != 4 or not images.is_floating_point():
        raise AncraError(
            f"Images are needed as floating-point numbers (N, C, H, W); got {images.dtype} {tuple(images.shape)}."
        )
    # Written so that NaN pixels fail too.
    if len(images) and not (float(images.min()) >= -1e-6 and float(images.max()) <= 1 + 1e-6):
        raise AncraError(
            "Pixel values must be numbers in [0, 1]: divide 8-bit images by 255, and normalise inside the model."
        )
