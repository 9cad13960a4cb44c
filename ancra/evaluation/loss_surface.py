"""The loss around one image on a plane: gradient direction x random direction.

A plane that is flat for p' and steep for p is the picture of a masked gradient (Athalye, Carlini and Wagner 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from ancra.arrays import BoolArray, FloatArray, IntArray
from ancra.attacks.door import admit
from ancra.attacks.objectives import Loss, Objective, as_objective
from ancra.attacks.search import attention_of, loss_of
from ancra.attacks.verdict import decide, frozen
from ancra.errors import AncraError
from ancra.models.plain import as_classifier
from ancra.settings import Settings

BATCH = 256
"""Points of the plane that go through the model at once."""


class SurfaceSettings(Settings):
    """Which plane, and which objectives are looked at on it."""

    epsilon: float = Field(8 / 255, gt=0, le=1, description="The budget, in [0, 1] pixel values.")
    extent: float = Field(1.0, gt=0, le=100, description="How far each axis reaches to both sides, in epsilons.")
    points: int = Field(21, ge=3, le=201, description="Points along each axis; odd, so that the image is one of them.")
    objectives: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        ("ce", "ce_first"), description="The losses, by the names of the attack objectives."
    )
    direction: str | None = Field(
        None, description="The objective whose gradient spans the plane of all; empty for each objective's own."
    )
    seed: int = Field(0, ge=0, description="Seed of the random direction.")

    @field_validator("points")
    @classmethod
    def _odd(cls, points: int) -> int:
        if points % 2 == 0:
            raise ValueError(f"an odd number is needed, such as {points + 1}, so that the image is one of the points")
        return points


@dataclass(frozen=True, eq=False)
class Plane:
    """One objective on a plane of P x P points; first index: along the gradient, second: along the random direction.

    Attributes:
        name, title: of the objective.
        losses: (P, P) float32, the loss of the image's label at each point; larger is better for an attacker.
        decision: (P, P) the class that the model answers (p') there. label: the image's class.
        gradient: (C, H, W) the sign of the spanning gradient, or a second random direction where it is exactly zero.
        gradient_norm: L2 norm of that gradient at the image.
        zero_gradient: whether it is exactly zero there.
    """

    name: str
    title: str
    losses: FloatArray
    decision: IntArray
    label: int
    gradient: FloatArray
    gradient_norm: float
    zero_gradient: bool

    @property
    def change(self) -> float:
        """Largest minus smallest loss on the plane."""
        return float(self.losses.max() - self.losses.min())

    @property
    def correct(self) -> BoolArray:
        """(P, P) bool, where the model still answers with the label."""
        return self.decision == self.label

    @property
    def change_while_correct(self) -> float:
        """The same over the points where the model still answers with the label, 0 where there are none.

        This is what an attack that has not succeeded yet can see. Under reverse attention p' is a plateau that ends in
        a cliff, where the attention switches to another row: its whole change may be large, and this one nothing.
        """
        seen = self.losses[self.correct]
        return float(seen.max() - seen.min()) if seen.size else 0.0

    @property
    def jump(self) -> float:
        """Largest difference of the loss between two neighbouring points: large at a cliff."""
        return float(max(np.abs(np.diff(self.losses, axis=axis)).max() for axis in (0, 1)))


@dataclass(frozen=True, eq=False)
class LossSurface:
    """The loss around one image, by objective.

    Attributes:
        axis: (P,) the steps along both directions, in epsilons; 0 is the image.
        planes: one for each objective, in the order asked for.
        random: (C, H, W) the random direction, of -1 and 1, the same for all.
        label: the image's class.
        settings: what was asked for.
    """

    axis: FloatArray
    planes: tuple[Plane, ...]
    random: FloatArray
    label: int
    settings: SurfaceSettings

    @property
    def losses(self) -> dict[str, FloatArray]:
        """(P, P) losses by the objective's name."""
        return {plane.name: plane.losses for plane in self.planes}

    def plane(self, name: str) -> Plane:
        """The plane of one objective. Raises AncraError for one that was not asked for."""
        for plane in self.planes:
            if plane.name == name:
                return plane
        raise AncraError(f"This surface has no objective {name!r}; it has {', '.join(self.losses)}.")


@torch.inference_mode(False)
def loss_surface(
    model: nn.Module,
    image: Tensor,
    label: int,
    settings: SurfaceSettings,
    objectives: Sequence[str | Loss | Objective] | None = None,
) -> LossSurface:
    """Evaluate objectives at clip(image + a * epsilon * sign(gradient) + b * epsilon * random, 0, 1).

    With |a| + |b| <= 1 a point lies inside the Linf ball; the corners reach outside it, as in the figures of the
    literature. The gradient is taken at the image.

    Args:
        model: any classifier ``x -> logits``; its mode, gradients and BatchNorm statistics stay as they are.
        image: (C, H, W) float in [0, 1].
        label: the image's class.
        objectives: overrides ``settings.objectives``; may hold plain functions ``(prediction, labels) -> (N,)``.

    Raises:
        AncraError: an unknown objective, one that needs a target or gives no gradient; an image or a label that does
            not fit; logits that are not finite.
    """
    image = one_image(model, image, label)
    goals = [untargeted(objective) for objective in (objectives or settings.objectives)]
    spanning = None if settings.direction is None else untargeted(settings.direction)
    generator = torch.Generator().manual_seed(settings.seed)
    random, spare = (random_signs(image, generator) for _ in range(2))
    steps = torch.linspace(-settings.extent, settings.extent, settings.points, device=image.device)
    # Exactly 0, so that the middle of the plane is the image itself, bit for bit.
    steps[settings.points // 2] = 0
    planes = []
    with frozen(model):
        check_label(model, image, label)
        for goal in goals:
            gradient = gradient_at(model, image, label, spanning or goal)
            zero = not bool(gradient.any())
            # In fp32 a saturated softmax has a gradient of exactly zero, which points nowhere.
            along = spare if zero else gradient.sign()
            losses, decision = _evaluate(model, image, label, goal, steps * settings.epsilon, along, random)
            norm = float(gradient.double().norm())
            planes.append(
                Plane(goal.name, goal.title, losses, decision, label, along.cpu().numpy(), norm, zero_gradient=zero)
            )
    return LossSurface(steps.cpu().numpy(), tuple(planes), random.cpu().numpy(), label, settings)


def one_image(model: nn.Module, image: Tensor, label: int) -> Tensor:
    """An image (C, H, W) where the model is. Raises AncraError for anything else than one in [0, 1]."""
    if image.dim() != 3 or not image.is_floating_point() or not 0 <= float(image.min()) <= float(image.max()) <= 1:
        raise AncraError(
            f"One image (C, H, W) with values in [0, 1] is needed; got {image.dtype} of shape {tuple(image.shape)}."
        )
    return admit(model, image[None], torch.tensor([label])).images[0]


def check_label(model: nn.Module, image: Tensor, label: int) -> None:
    """Raises AncraError for a label that the model has no class for."""
    classes = decide(model, image[None]).shape[1]
    if not 0 <= label < classes:
        raise AncraError(f"This model has the classes 0 to {classes - 1}; the label {label} is none of them.")


def untargeted(objective: str | Loss | Objective) -> Objective:
    """An objective by its name. Raises AncraError for one that needs a target class."""
    goal = as_objective(objective)
    if goal.needs_targets:
        raise AncraError(f"The objective {goal.title!r} needs a target class; choose one that needs none.")
    return goal


def random_signs(image: Tensor, generator: torch.Generator) -> Tensor:
    """-1 or 1 for each value of the image; drawn on the CPU, so that a seed means the same on every device."""
    return (2.0 * torch.randint(0, 2, image.shape, generator=generator) - 1).to(image)


def gradient_at(model: nn.Module, image: Tensor, label: int, goal: Objective) -> Tensor:
    """(C, H, W) of the objective at the image; NaN entries count as 0."""
    labels = torch.tensor([label], device=image.device)
    with torch.enable_grad():
        point = image[None].clone().requires_grad_()
        loss = losses_at(model, point, labels, goal)
        if not loss.requires_grad:
            raise AncraError(
                f"No gradient of {goal.title!r} reaches the image: the model or the objective detaches it."
            )
        return torch.autograd.grad(loss.sum(), point)[0][0].nan_to_num(0.0)


def losses_at(model: nn.Module, images: Tensor, labels: Tensor, goal: Objective) -> Tensor:
    """(N,) the objective at images (N, C, H, W)."""
    return loss_of(goal, as_classifier(model).predict(images, attention_of(goal, labels)), labels)


@torch.no_grad()
def _evaluate(
    model: nn.Module, image: Tensor, label: int, goal: Objective, steps: Tensor, along: Tensor, random: Tensor
) -> tuple[FloatArray, IntArray]:
    """(P, P) losses and decisions; ``steps`` in pixel values."""
    first, second = (part.flatten() for part in torch.meshgrid(steps, steps, indexing="ij"))
    losses, decisions = [], []
    for a, b in zip(first.split(BATCH), second.split(BATCH), strict=True):
        points = image + a[:, None, None, None] * along + b[:, None, None, None] * random
        points = points.clamp(0, 1)
        labels = torch.full((len(points),), label, device=image.device)
        losses.append(losses_at(model, points, labels, goal).float())
        decisions.append(decide(model, points).argmax(dim=1))
    shape = (len(steps), len(steps))
    return torch.cat(losses).view(shape).cpu().numpy(), torch.cat(decisions).view(shape).cpu().numpy()
