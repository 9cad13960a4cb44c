"""The verdict on an image: the model's own answer, whatever an attacker looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ancra.attacks.objectives import cross_entropy
from ancra.attacks.settings import Precision
from ancra.errors import AncraError
from ancra.models.plain import as_classifier


@dataclass(frozen=True)
class AttackResult:
    """What an attack found for N images.

    Attributes:
        images: (N, C, H, W) in [0, 1], inside the epsilon ball of the originals.
        success: (N,) bool; the model's own decision is wrong (untargeted) or the target (targeted).
        loss: (N,) the objective at ``images``, judged by the model itself; negated for a search towards a target.
        precision: what the search computed in. The verdict, ``success``, is the model's own in any case.
        format: the model's own number format, which its verdict was given in and ``images`` are held in.
    """

    images: Tensor
    success: Tensor
    loss: Tensor
    precision: Precision = "fp32"
    format: torch.dtype = torch.float32


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


def decide(model: nn.Module, images: Tensor) -> Tensor:
    """(N, K) the model's own final logits, without gradients.

    Raises:
        AncraError: they are not finite, or the model does not take such images.
    """
    with torch.no_grad():
        try:
            logits = as_classifier(model).predict(images).logits
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, IndexError) as error:  # what layers raise for shapes that do not fit
            raise AncraError(
                f"The model does not take images of shape {tuple(images.shape[1:])} "
                f"({str(error).strip().partition(chr(10))[0][:200]})."
            ) from error
    return finite(logits)


def finite(logits: Tensor) -> Tensor:
    """The logits as they are. Raises AncraError for NaN and infinite ones."""
    if not bool(torch.isfinite(logits).all()):
        raise AncraError(
            "The model answers with NaN or infinite logits, so no attack on it means anything; check its weights."
        )
    return logits


def likeliest_wrong(logits: Tensor, labels: Tensor, count: int) -> Tensor:
    """(N, min(count, K - 1)) the wrong classes with the highest logits, the likeliest first."""
    count = min(count, logits.shape[1] - 1)
    return logits.scatter(1, labels[:, None], -torch.inf).topk(count, dim=1).indices


def is_broken(logits: Tensor, labels: Tensor, targets: Tensor | None) -> Tensor:
    """(N,) whether the attacker has what it wants."""
    classes = logits.argmax(dim=1)
    return classes != labels if targets is None else classes == targets


def judge(model: nn.Module, adversarial: Tensor, labels: Tensor) -> AttackResult:
    """The model's own verdict on images: wrong answers count as success, the loss is the cross-entropy."""
    logits = decide(model, adversarial)
    return AttackResult(adversarial, logits.argmax(dim=1) != labels, cross_entropy(logits, labels))
