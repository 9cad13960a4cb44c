"""What an attacker maximises.

An objective is a plain function of a prediction and the labels that answers one loss a sample; a larger loss is better
for an attacker who wants the image out of its label's class. A targeted attack minimises the same function at the
target. Objectives on the auxiliary logits fall back to p' for models that have none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import Attention, forced_rows, soft_rows
from ancra.registry import Registry

Loss = Callable[[Prediction, Tensor], Tensor]


@dataclass(frozen=True)
class Objective:
    """A loss, and the reverse attention under which the attacker evaluates it.

    Attributes:
        name: the registry's name.
        title: the name shown to people.
        explanation: one plain sentence.
        loss: (prediction of N images, labels (N,)) -> (N,) loss of each sample.
        attention: labels or targets (N,) -> the attention of the attacker's own forward pass; None for the model's own.
            The verdict on an image is always the model's own decision, whatever the attacker looked at.
        needs_targets: whether it makes sense only with a target class; without one the likeliest wrong classes serve.
        fewest_classes: from how many classes on it means something; below, attacks with it are refused.
        falls_back: the objective that it is on a model without auxiliary logits; None: it needs none to be itself.
    """

    name: str
    title: str
    explanation: str
    loss: Loss
    attention: Callable[[Tensor], Attention] | None = None
    needs_targets: bool = False
    fewest_classes: int = 2
    falls_back: str | None = None


OBJECTIVES: Registry[Objective] = Registry("objective")


def as_objective(objective: "str | Loss | Objective") -> Objective:
    """An objective by name, or made from a plain function ``(prediction, labels) -> per-sample loss``."""
    if isinstance(objective, Objective):
        return objective
    if isinstance(objective, str):
        return OBJECTIVES[objective]
    name = getattr(objective, "__name__", "custom")
    return Objective(name, name, "A function given by the user.", objective)


def mixes(name: str) -> bool:
    """Whether images attacked with this objective and with others of its kind may share one search."""
    objective = OBJECTIVES[name]
    return not (objective.attention or objective.needs_targets or objective.fewest_classes > 2)


def each_its_own(names: Sequence[str]) -> Objective:
    """One objective for N images, each of which has its own, by name; all of them must mix."""
    kinds = list(dict.fromkeys(names))

    def loss(prediction: Prediction, labels: Tensor) -> Tensor:
        own = torch.tensor([kinds.index(name) for name in names], device=labels.device)
        losses = torch.stack([OBJECTIVES[kind].loss(prediction, labels) for kind in kinds])
        return losses.gather(0, own[None])[0]

    return Objective("own", "Each image's own", "Each image is attacked with an objective of its own.", loss)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) cross-entropy of each sample."""
    return F.cross_entropy(logits, labels, reduction="none")


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) best wrong logit minus the label's logit (Carlini and Wagner 2017); positive where misclassified."""
    own = logits.gather(1, labels[:, None]).squeeze(1)
    others = logits.scatter(1, labels[:, None], -torch.inf)
    return others.amax(dim=1) - own


def logits_ratio(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) difference of logits ratio (Croce and Hein 2020, eq. 6): margin over the gap of first and third logit."""
    top = logits.topk(min(3, logits.shape[1]), dim=1).values
    return margin(logits, labels) / (top[:, 0] - top[:, -1] + 1e-12)


def first_head(prediction: Prediction) -> Tensor:
    """The logits of the first reverse-attention block, the only ones no attention has touched; p' without them."""
    return prediction.auxiliary[0] if prediction.auxiliary else prediction.logits


def last_head(prediction: Prediction) -> Tensor:
    """The logits of the last reverse-attention block; p' for models without one."""
    return prediction.auxiliary[-1] if prediction.auxiliary else prediction.logits


def joint(prediction: Prediction, labels: Tensor, auxiliary_weight: float = 2.0) -> Tensor:
    """(N,) CE(p') + auxiliary_weight * mean over the blocks of CE(p_b): the paper's adaptive attack."""
    loss = cross_entropy(prediction.logits, labels)
    if prediction.auxiliary:
        heads = [cross_entropy(logits, labels) for logits in prediction.auxiliary]
        loss = loss + auxiliary_weight * torch.stack(heads).mean(dim=0)
    return loss


for _objective in (
    Objective(
        "ce", "Cross-entropy on p'", "Makes the final answer look wrong.", lambda p, y: cross_entropy(p.logits, y)
    ),
    Objective(
        "margin",
        "Margin on p'",
        "Lifts the best wrong class of the final answer over the right one.",
        lambda p, y: margin(p.logits, y),
    ),
    Objective(
        "dlr",
        "Logits ratio on p'",
        "The margin of the final answer, made independent of the logits' scale.",
        lambda p, y: logits_ratio(p.logits, y),
        # Of two logits the first and the third are the same: the ratio is 1 or -1 everywhere, and flat.
        fewest_classes=3,
    ),
    Objective(
        "joint",
        "Joint (adaptive)",
        "The paper's adaptive attack: the final and all auxiliary answers at once.",
        joint,
        falls_back="ce",
    ),
    Objective(
        "ce_first",
        "Cross-entropy on the first auxiliary logits",
        "Attacks the answer before any attention has multiplied the features.",
        lambda p, y: cross_entropy(first_head(p), y),
        falls_back="ce",
    ),
    Objective(
        "margin_first",
        "Margin on the first auxiliary logits",
        "Lifts the best wrong class of the answer before any attention.",
        lambda p, y: margin(first_head(p), y),
        falls_back="margin",
    ),
    Objective(
        "ce_last",
        "Cross-entropy on the last auxiliary logits",
        "Attacks the answer of the last block, which the first attention has already masked.",
        lambda p, y: cross_entropy(last_head(p), y),
        falls_back="ce",
    ),
    Objective(
        "margin_last",
        "Margin on the last auxiliary logits",
        "The margin on the answer of the last block, which the first attention has already masked.",
        lambda p, y: margin(last_head(p), y),
        falls_back="margin",
    ),
    Objective(
        "soft_attention",
        "Soft attention",
        "Replaces the hard choice of a row by its expectation, so that the gradient sees the attention switch.",
        lambda p, y: margin(p.logits, y),
        attention=lambda labels: soft_rows(1.0),
    ),
    Objective(
        "forced_target",
        "Forced target",
        "Forces the attention to a wrong class and drives the image there.",
        joint,
        attention=forced_rows,
        needs_targets=True,
    ),
):
    OBJECTIVES.add(_objective.name)(_objective)
