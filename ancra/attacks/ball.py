"""The epsilon ball around an image: where a search starts, one step in it, and the way back into it."""

from typing import Any

import torch
from torch import Tensor

from ancra.attacks.settings import AttackSettings

NOISE = 2
"""The noise of N-FGSM, in units of epsilon (de Jorge et al. 2022, section 4)."""


def norms(delta: Tensor) -> Tensor:
    """(N, 1, 1, 1) the L2 norm of each sample."""
    return torch.linalg.vector_norm(delta, dim=(1, 2, 3), keepdim=True)


def project(images: Tensor, center: Tensor, settings: AttackSettings) -> Tensor:
    """The nearest point inside the epsilon ball around ``center`` (where the attack stays in it), then in [0, 1]."""
    if settings.leaves_ball:
        return images.clamp(0, 1)
    delta = images - center
    if settings.norm == "linf":
        delta = delta.clamp(-settings.epsilon, settings.epsilon)
    else:
        delta = delta * (settings.epsilon / norms(delta).clamp_min(1e-12)).clamp_max(1)
    return (center + delta).clamp(0, 1)


def start_point(images: Tensor, settings: AttackSettings, generator: torch.Generator) -> Tensor:
    """Where the search starts: the images, a uniform point of the ball, or 0.001 * N(0, 1) beside them.

    For N-FGSM (de Jorge et al. 2022) uniform noise of twice epsilon, which leaves the ball.
    """
    images = images.detach()
    if settings.start == "none":
        return images.clone()
    shape = images.shape
    options: dict[str, Any] = {"generator": generator, "device": images.device, "dtype": images.dtype}
    if settings.start == "gaussian":
        return project(images + 0.001 * torch.randn(shape, **options), images, settings)
    if settings.norm == "linf":
        reach = settings.epsilon * (NOISE if settings.start == "n_fgsm" else 1)
        return project(images + reach * (2 * torch.rand(shape, **options) - 1), images, settings)
    direction = torch.randn(shape, **options)
    # In d dimensions the volume grows with radius ** d, so u ** (1 / d) makes the point uniform in the ball.
    radius = torch.rand((len(images), 1, 1, 1), **options) ** (1 / shape[1:].numel())
    return project(images + settings.epsilon * radius * direction / norms(direction), images, settings)


def own_starts(images: Tensor, settings: AttackSettings) -> Tensor:
    """(N, C, H, W) the start of each image's search as it would be alone on a CPU, drawn with ``settings.seed``."""
    starts = [
        start_point(image[None], settings, torch.Generator().manual_seed(settings.seed)) for image in images.cpu()
    ]
    return torch.cat(starts).to(images.device) if starts else images.detach().clone()


def ascend(images: Tensor, gradient: Tensor, center: Tensor, settings: AttackSettings) -> Tensor:
    """One step along the gradient (its sign for Linf, its direction for L2), projected; NaN entries do not move."""
    gradient = gradient.nan_to_num(0.0)
    if settings.norm == "linf":
        direction = gradient.sign()
    else:
        # Scaled by the largest entry first: the square of a masked gradient is below the smallest float.
        gradient = gradient / gradient.abs().amax(dim=(1, 2, 3), keepdim=True).clamp_min(1e-30)
        direction = gradient / norms(gradient).clamp_min(1e-12)
    return project(images + settings.step_length * direction, center, settings)
