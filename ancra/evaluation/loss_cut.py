"""The loss on a line through one image: what an attacker sees who looks along one direction.

Cross-entropy that stays at 0 on p' and rises on p is a masked gradient (Athalye, Carlini and Wagner 2018).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ancra.arrays import FloatArray, IntArray
from ancra.attacks.verdict import decide, frozen
from ancra.evaluation.loss_surface import (
    SurfaceSettings,
    check_label,
    gradient_at,
    losses_at,
    one_image,
    random_signs,
    untargeted,
)


@dataclass(frozen=True, eq=False)
class CutLoss:
    """One objective on the line.

    Attributes:
        name, title: of the objective.
        losses: (P,) float32, the loss of the image's label at each point; larger is better for an attacker.
        slope: by how much it changes an epsilon along the direction, by its gradient at the image; pixels that are at
            the end of their range stay there.
        gradient_norm: L2 norm of its gradient at the image.
    """

    name: str
    title: str
    losses: FloatArray
    slope: float
    gradient_norm: float


@dataclass(frozen=True, eq=False)
class LossCut:
    """Objectives on one line through an image.

    Attributes:
        axis: (P,) the steps along the direction, in epsilons; 0 is the image.
        reached: (P,) how far the pixels have moved on average, in epsilons: less than the step where they meet 0 or 1.
        curves: one for each objective, in the order asked for.
        decision: (P,) the class that the model answers (p') there. label: the image's class.
        direction: (C, H, W) of -1 and 1. along: the title of the objective whose gradient it follows.
        settings: what was asked for.
    """

    axis: FloatArray
    reached: FloatArray
    curves: tuple[CutLoss, ...]
    decision: IntArray
    label: int
    direction: FloatArray
    along: str
    settings: SurfaceSettings

    def place(self, deltas: FloatArray) -> FloatArray:
        """(S,) where perturbations (S, C, H, W) stand on the axis: at the point that has gone as far as they."""
        moved = (deltas * self.direction).reshape(len(deltas), -1).mean(axis=1) / self.settings.epsilon
        return np.interp(moved, self.reached, self.axis)


@torch.inference_mode(False)
def loss_cut(model: nn.Module, image: Tensor, label: int, settings: SurfaceSettings) -> LossCut:
    """Evaluate objectives at clip(image + a * epsilon * sign(gradient), 0, 1), |a| <= ``settings.extent``.

    The gradient is that of ``settings.direction``, or of the last objective, at the image; where it is exactly zero the
    direction is random, as on the surface.

    Args:
        model: any classifier ``x -> logits``; its mode, gradients and BatchNorm statistics stay as they are.
        image: (C, H, W) float in [0, 1].
        label: the image's class.

    Raises:
        AncraError: an unknown objective, one that needs a target or gives no gradient; an image or a label that does
            not fit; logits that are not finite.
    """
    image = one_image(model, image, label)
    goals = [untargeted(name) for name in settings.objectives]
    leading = untargeted(settings.direction or settings.objectives[-1])
    steps = torch.linspace(-settings.extent, settings.extent, settings.points, device=image.device)
    steps[settings.points // 2] = 0  # exactly the image
    with frozen(model):
        check_label(model, image, label)
        gradient = gradient_at(model, image, label, leading)
        random = random_signs(image, torch.Generator().manual_seed(settings.seed))
        direction = gradient.sign() if bool(gradient.any()) else random
        points = (image + settings.epsilon * steps[:, None, None, None] * direction).clamp(0, 1)
        free = torch.where(direction > 0, image < 1, image > 0)
        labels = torch.full((len(points),), label, device=image.device)
        curves = []
        for goal in goals:
            own = gradient_at(model, image, label, goal)
            with torch.no_grad():
                losses = losses_at(model, points, labels, goal).float().cpu().numpy()
            slope = settings.epsilon * float((own * direction * free).double().sum())
            curves.append(CutLoss(goal.name, goal.title, losses, slope, float(own.double().norm())))
        with torch.no_grad():
            decision = decide(model, points).argmax(dim=1)
    moved = ((points - image) * direction).flatten(1).mean(dim=1) / settings.epsilon
    return LossCut(
        steps.cpu().numpy(),
        moved.cpu().numpy(),
        tuple(curves),
        decision.cpu().numpy(),
        label,
        direction.cpu().numpy(),
        leading.title,
        settings,
    )
