"""Are the gradients that the attack follows there, true and steady?"""

import copy

import torch
from torch import Tensor

from ancra.attacks.objectives import cross_entropy
from ancra.attacks.verdict import frozen
from ancra.models.plain import as_classifier
from ancra.trust.check import CROCE_2020, OURS, PINTOR_2021, Finding, check
from ancra.trust.masking import FEW, NOTHING_CLAIMED
from ancra.trust.report import Level
from ancra.trust.subject import Subject

# Radius of the neighbourhood in which the loss is probed, as a share of epsilon.
NEAR = 0.01
PROBED = 64


def _claimed_points(subject: Subject, most: int | None = None) -> tuple[Tensor, Tensor]:
    chosen = subject.claimed.nonzero()[:most, 0]
    return subject.images[chosen], subject.labels[chosen]


@check("zero_gradient", "Vanished gradients", CROCE_2020 + "; " + PINTOR_2021, amber=10, red=None, unit="% of images")
def zero_gradient(subject: Subject) -> tuple[float, str] | Finding:
    """Images counted as robust whose gradient is exactly 0 (red), or whose cross-entropy is below 1e-4 (amber)."""
    images, labels = _claimed_points(subject)
    if len(labels) < FEW:
        return Finding(Level.GREEN, NOTHING_CLAIMED)
    loss, gradient = subject.input_gradient(images, labels)
    zero = int((gradient.flatten(1).abs().amax(dim=1) == 0).sum())
    right = int(subject.natural.sum())
    flat = 100 * int((loss < 1e-4).sum()) / right
    if zero:
        share = 100 * zero / right
        return Finding(
            Level.RED, f"The gradient is exactly zero on {zero} images counted as robust: PGD cannot move there.", share
        )
    return flat, (
        f"On {flat:.0f} % of the images the loss is below 0.0001 and stays there: the model is so sure of itself that "
        "almost no gradient is left to follow."
        if flat > 0
        else "On no image that counts as robust does the loss vanish: there is a gradient to follow."
    )


@check("finite_differences", "Gradient against measured slope", OURS, amber=10, red=50, unit="% error (median)")
def finite_differences(subject: Subject) -> tuple[float, str] | Finding:
    """The directional derivative by autograd against central differences, in double precision."""
    images, labels = _claimed_points(subject, PROBED)
    if len(labels) < FEW:
        return Finding(Level.GREEN, NOTHING_CLAIMED)
    try:
        exact = copy.deepcopy(subject.model).double()
    except (RuntimeError, TypeError, copy.Error):
        return Finding(Level.NOT_RUN, "The model cannot be copied into double precision.")
    generator = torch.Generator().manual_seed(subject.threat.seed)
    direction = torch.randn(images.shape, generator=generator).sign().double().to(images.device)
    width = NEAR * max(subject.threat.epsilon, 1 / 255)
    with frozen(exact), torch.enable_grad():
        classify = as_classifier(exact)
        point = images.double().requires_grad_()
        try:
            loss = cross_entropy(classify(point), labels)
            (gradient,) = torch.autograd.grad(loss.sum(), point)
            with torch.no_grad():
                ahead = cross_entropy(classify(point + width * direction), labels)
                behind = cross_entropy(classify(point - width * direction), labels)
        except RuntimeError:
            return Finding(Level.NOT_RUN, "The model does not compute in double precision.")
    measured = (ahead - behind) / (2 * width)
    told = (gradient * direction).flatten(1).sum(dim=1)
    scale = torch.maximum(measured.abs(), told.abs())
    error = torch.where(scale > 0, (measured - told).abs() / scale.clamp_min(1e-300), torch.zeros_like(scale))
    median = 100 * float(error.median())
    return median, (
        "The gradient that the model reports agrees with the slope measured by small steps."
        if median <= 10
        else f"The gradient that the model reports misses the slope measured by small steps by {median:.0f} %."
    )


@check("steadiness", "Steadiness of the loss nearby", PINTOR_2021 + "; " + OURS, amber=5, red=10, unit="% change")
def steadiness(subject: Subject) -> tuple[float, str] | Finding:
    """Mean relative change of the loss under noise of a hundredth of epsilon."""
    images, labels = _claimed_points(subject, PROBED)
    if len(labels) < FEW:
        return Finding(Level.GREEN, NOTHING_CLAIMED)
    generator = torch.Generator(images.device).manual_seed(subject.threat.seed)
    with frozen(subject.model), torch.no_grad():
        classify = as_classifier(subject.model)
        base = cross_entropy(classify(images), labels)
        changes = []
        for _ in range(10):
            shift = torch.rand(images.shape, generator=generator, device=images.device) * 2 - 1
            moved = (images + NEAR * subject.threat.epsilon * shift).clamp(0, 1)
            changes.append((cross_entropy(classify(moved), labels) - base).abs())
    # Against the mean loss: single losses near zero would make any change look large.
    change = 100 * float(torch.stack(changes).mean() / base.mean().clamp_min(1e-12))
    return change, f"Noise of a hundredth of epsilon changes the loss by {change:.1f} % on average."
