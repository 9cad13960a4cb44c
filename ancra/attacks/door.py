"""The door of every attack, evaluation and report: what comes in is checked, and brought into one number format."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ancra.arrays import Array
from ancra.attacks.objectives import Objective
from ancra.errors import AncraError
from ancra.models.plain import own_type, wide

Values = Tensor | Array


@dataclass(frozen=True)
class Admitted:
    """What an attack works on.

    Attributes:
        images: (N, C, H, W) in [0, 1], in the number format of the search: float64 for a double model, else float32.
        labels, targets: (N,) int64, on the device of the images.
        format: the model's own number format; the images found are rounded to it before it judges them.
    """

    images: Tensor
    labels: Tensor
    targets: Tensor | None
    format: torch.dtype

    def rounded(self, images: Tensor, center: Tensor) -> Tensor:
        """Images (n, C, H, W) as the model's own format holds them, each pixel rounded towards that of ``center``."""
        if self.format == images.dtype:
            return images
        held = images.to(self.format)
        further = (held.to(images.dtype) - center).abs() > (images - center).abs()
        return torch.where(further, torch.nextafter(held, center.to(self.format)), held).to(images.dtype)


def admit(model: nn.Module, images: Values, labels: Values, targets: Values | None = None) -> Admitted:
    """Check images and classes, and bring them into the number formats of a search; call it outside inference mode.

    Args:
        model: any classifier. images: (N, C, H, W) floating-point numbers in [0, 1], of torch or NumPy.
        labels, targets: (N,) whole numbers of any kind.

    Raises:
        AncraError: what is no image or no class; pixels outside [0, 1]; a model made in inference mode.
    """
    if any(parameter.is_inference() for parameter in model.parameters()):
        raise AncraError(
            "This model was made inside torch.inference_mode(), so no gradient passes through it: load it outside."
        )
    found = _tensor(images, "Images")
    if found.dim() != 4 or not found.is_floating_point():
        raise AncraError(
            f"Images are needed as floating-point numbers (N, C, H, W); got {found.dtype} {tuple(found.shape)}."
        )
    found = found.detach().to(wide(own_type(model)))
    # Written so that NaN pixels fail too.
    if len(found) and not (float(found.min()) >= -1e-6 and float(found.max()) <= 1 + 1e-6):
        raise AncraError(
            "Pixel values must be numbers in [0, 1]: divide 8-bit images by 255, and normalise inside the model."
        )
    own = _classes(labels, "labels", found)
    return Admitted(found, own, None if targets is None else _classes(targets, "targets", found), own_type(model))


def check_classes(classes: Tensor | None, logits: Tensor) -> None:
    """Raise AncraError when labels or targets (N,) are no classes of a model that answers with logits (N, K)."""
    if classes is not None and len(classes) and not 0 <= int(classes.min()) <= int(classes.max()) < logits.shape[1]:
        raise AncraError(f"This model has the classes 0 to {logits.shape[1] - 1}; choose labels among them.")


def check_objective(goal: Objective, logits: Tensor) -> None:
    """Raise AncraError when an objective says nothing about a model with so few classes, logits (N, K)."""
    if logits.shape[1] < goal.fewest_classes:
        raise AncraError(
            f"The objective {goal.name!r} means something from {goal.fewest_classes} classes on, and this model has "
            f"{logits.shape[1]}: its gradient would be zero; choose 'margin'."
        )


def _tensor(values: Values, what: str) -> Tensor:
    found = torch.tensor(values) if isinstance(values, np.ndarray) else values  # noqa: TID251
    if not isinstance(found, Tensor):
        raise AncraError(f"{what} are needed as a tensor or a NumPy array; got {type(values).__name__}.")
    # A tensor made in inference mode can take no gradient; its copy can.
    return found.clone() if found.is_inference() else found


def _classes(values: Values, what: str, images: Tensor) -> Tensor:
    found = _tensor(np.asarray(values) if isinstance(values, list | tuple) else values, what.capitalize())
    if found.shape != images.shape[:1]:
        hint = "; of one-hot rows take argmax(dim=1)" if found.dim() == 2 and found.shape[1] > 1 else ""
        raise AncraError(f"{len(images)} images need {len(images)} {what}; got shape {tuple(found.shape)}{hint}.")
    if found.is_complex() or (found.is_floating_point() and bool((found != found.round()).any())):
        raise AncraError(f"The {what} must be whole numbers, one class an image; got {found.dtype}.")
    return found.to(images.device, torch.int64)
