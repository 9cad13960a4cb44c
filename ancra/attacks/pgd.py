"""Projected gradient descent with restarts and targets, judged by the model itself (Madry et al. 2018)."""

import torch
from torch import Tensor, nn

from ancra.attacks.ball import start_point
from ancra.attacks.door import Admitted, Values, admit, check_classes
from ancra.attacks.objectives import Loss, Objective, as_objective
from ancra.attacks.search import attention_of, fast_copy, loss_of, search
from ancra.attacks.settings import DEFAULT_TARGETS, AttackSettings
from ancra.attacks.verdict import AttackResult, decide, finite, frozen, is_broken, likeliest_wrong
from ancra.errors import AncraError
from ancra.models.plain import as_classifier
from ancra.models.surrogate import usable_precision

# Broken images are confirmed and taken out of the batch when they make up this share of it.
RETIRING_SHARE = 1 / 8


@torch.inference_mode(False)
def pgd(
    model: nn.Module,
    images: Values,
    labels: Values,
    settings: AttackSettings,
    *,
    targets: Values | None = None,
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
        model: any classifier ``x -> logits``; its mode, gradients and BatchNorm statistics stay as they are. One in
            half, bfloat16 or double precision is searched and judged in that, and so are the images that come back.
        images: (N, C, H, W) in [0, 1]; N may be 0.
        labels: (N,) the true classes.
        targets: (N,) the classes to reach; needed when ``settings.targeted``.
        objective: overrides ``settings.objective``; may be a plain function ``(prediction, labels) -> (N,)``.
        generator: on the images' device; by default seeded with ``settings.seed``.

    Raises:
        AncraError: images outside [0, 1]; labels or targets that are no classes of the model; a targeted attack without
            targets or with a target that is the label; logits that are not finite; no gradient; an objective that means
            nothing for so few classes.
    """
    as_classifier(model)
    given = admit(model, images, labels, targets)
    images, labels, targets = given.images, given.labels, given.targets
    _check(labels, targets, settings)
    generator = generator or torch.Generator(images.device).manual_seed(settings.seed)
    goal = as_objective(objective or settings.objective)
    best = images.clone()
    success = torch.zeros(len(images), dtype=torch.bool, device=images.device)
    best_loss = torch.full((len(images),), -torch.inf, device=images.device)
    if len(images) == 0:
        return AttackResult(best.to(given.format), success, best_loss, format=given.format)
    with frozen(model):
        natural = decide(model, images)
        check_classes(labels, natural)
        check_classes(targets if settings.targeted else None, natural)
        all_aims = _aims(natural, labels, targets, settings, goal)
        fast = fast_copy(model, images, settings, settings.steps * settings.restarts * len(all_aims))
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
                found = _one_search(model, fast, given, images[rest], labels[rest], aim, start, settings, goal)
                better = found.success | (found.loss > best_loss[rest]) | (settings.keep == "last")
                chosen = rest[better]
                best[chosen], best_loss[chosen] = found.images[better], found.loss[better]
                success[chosen] = found.success[better]
    precision = settings.precision if fast is not model else "fp32"
    return AttackResult(
        best.to(given.format), success, best_loss, usable_precision(precision, images.device), given.format
    )


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
    given: Admitted,
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
        broken = is_broken(logits.detach(), labels[rows], goals if goals is None else goals[rows])
        better = (broken & ~claimed[rows]) | ((broken == claimed[rows]) & (step.loss > best_loss[rows]))
        if settings.keep == "last":
            better = torch.ones_like(better)
        chosen = rows[better]
        best[chosen], best_loss[chosen] = step.images[better], step.loss[better].to(best_loss.dtype)
        claimed[chosen] = broken[better]
        if settings.keep == "first" and step.index < settings.steps:
            fresh = (claimed & ~retired).nonzero()[:, 0]
            if len(fresh) >= RETIRING_SHARE * len(rows):
                verdict = is_broken(decide(model, best[fresh]), labels[fresh], goals if goals is None else goals[fresh])
                retired[fresh[verdict]] = True
                # What the model does not take for broken walks on, and has to be claimed anew.
                claimed[fresh[~verdict]] = False
    return _judge(model, given.rounded(best, images), labels, aims, settings, goal)


def _judge(
    model: nn.Module, images: Tensor, labels: Tensor, aims: Tensor | None, settings: AttackSettings, goal: Objective
) -> AttackResult:
    """The model's own verdict on images, and the objective there."""
    sought, direction = (labels, 1.0) if aims is None else (aims, -1.0)
    attention = attention_of(goal, sought)
    with torch.no_grad():
        prediction = as_classifier(model).predict(images, attention)
        loss = direction * loss_of(goal, prediction, sought)
    logits = decide(model, images) if attention else finite(prediction.logits)
    return AttackResult(images, is_broken(logits, labels, aims if settings.targeted else None), loss.float())


def _check(labels: Tensor, targets: Tensor | None, settings: AttackSettings) -> None:
    if settings.leaves_ball:
        raise AncraError("The start n_fgsm leaves the epsilon ball, so it is for training only: choose uniform.")
    if settings.targeted and targets is None:
        raise AncraError("A targeted attack needs a target class for every image.")
    if settings.targeted and targets is not None and bool((targets == labels).any()):
        raise AncraError("A target class must differ from the image's own class; choose another target.")
