"""Training objectives: natural, PGD-AT, TRADES and MART, each with and without ANCRA (docs/method.md, section 4)."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ancra.losses.contrast import contrast, head, over_heads
from ancra.losses.settings import ObjectiveSettings
from ancra.models.prediction import Prediction


@dataclass(frozen=True)
class LossParts:
    """A loss and what it is made of.

    Attributes:
        total: scalar with gradient, the weighted sum.
        parts: name -> unweighted scalar ("natural", "robust", "contrast"; those that the objective has), detached.
    """

    total: Tensor
    parts: dict[str, Tensor]


@dataclass(frozen=True)
class Passes:
    """The training-mode predictions a loss is made of; None where the objective needs none."""

    natural: Prediction | None
    adversarial: Prediction | None
    negative: Prediction | None = None
    valid: Tensor | None = None


def needs_natural(settings: ObjectiveSettings) -> bool:
    """Whether the objective looks at the natural images."""
    return settings.base != "pgd_at" or settings.contrast is not None


def kl_from_adversarial(natural: Tensor, adversarial: Tensor) -> Tensor:
    """(N,) KL(P(x) from P(x_adv)) of logits (N, K)."""
    # Log targets: p' saturates, and the gradient of log P is not finite where P underflows to 0.
    pointwise = F.kl_div(adversarial.log_softmax(dim=1), natural.log_softmax(dim=1), reduction="none", log_target=True)
    return pointwise.sum(dim=1)


def boosted_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) MART's -log P_y - log(1 - max_{k != y} P_k) (Wang et al. 2020, eq. 8)."""
    wrong = logits.scatter(1, labels[:, None], -torch.inf)
    # log(1 - P_k) as a log-sum-exp over the other classes: exact where P_k is nearly 1.
    strongest = wrong.argmax(dim=1, keepdim=True)
    rest = logits.scatter(1, strongest, -torch.inf).logsumexp(dim=1) - logits.logsumexp(dim=1)
    return F.cross_entropy(logits, labels, reduction="none") - rest


def training_loss(settings: ObjectiveSettings, passes: Passes, labels: Tensor) -> LossParts:
    """The loss of a batch from its training-mode predictions.

    Args:
        labels: (N,) the images' labels; the negatives' own labels were used as rows when ``passes`` was made.
    """
    terms: dict[str, Tensor] = {}
    weights = {"natural": 1.0, "robust": 1.0, "contrast": 0.0}
    weight = settings.auxiliary_weight
    natural, adversarial = passes.natural, passes.adversarial

    def summed(prediction: Prediction, term: Callable[[int], Tensor]) -> Tensor:
        return over_heads(term, len(prediction.auxiliary), weight)

    if natural is not None and settings.base in {"natural", "trades"}:
        terms["natural"] = summed(natural, lambda b: F.cross_entropy(head(natural, b), labels))
    if adversarial is not None and settings.base == "pgd_at":
        terms["robust"] = summed(adversarial, lambda b: F.cross_entropy(head(adversarial, b), labels))
    if natural is not None and adversarial is not None and settings.base == "trades":
        terms["robust"] = summed(
            adversarial, lambda b: kl_from_adversarial(head(natural, b), head(adversarial, b)).mean()
        )
        weights["robust"] = settings.beta
    if natural is not None and adversarial is not None and settings.base == "mart":
        terms["boosted"] = summed(adversarial, lambda b: boosted_cross_entropy(head(adversarial, b), labels).mean())
        terms["robust"] = summed(adversarial, lambda b: _mart_robust(head(natural, b), head(adversarial, b), labels))
        weights["boosted"], weights["robust"] = 1.0, settings.mart_weight
    if settings.contrast is not None and natural is not None and passes.negative is not None:
        negative, alpha = passes.negative, settings.contrast.alpha
        terms["contrast"] = summed(
            natural, lambda b: contrast(head(natural, b), head(negative, b), alpha, passes.valid)
        )
        weights["contrast"] = settings.contrast.zeta
    total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
    return LossParts(total, {name: term.detach() for name, term in terms.items()})


def _mart_robust(natural: Tensor, adversarial: Tensor, labels: Tensor) -> Tensor:
    """Mean over the batch of KL(P(x) from P(x_adv)) * (1 - P_y(x)) (Wang et al. 2020, eq. 9)."""
    doubt = 1 - natural.softmax(dim=1).gather(1, labels[:, None]).squeeze(1)
    return (kl_from_adversarial(natural, adversarial) * doubt).mean()
