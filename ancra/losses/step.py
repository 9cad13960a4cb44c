"""One training step up to the loss: adversarial images, negatives, training-mode passes."""

import torch
from torch import Tensor

from ancra.attacks.pgd import perturb
from ancra.attacks.settings import AttackSettings
from ancra.losses.objectives import LossParts, Passes, needs_natural, training_loss
from ancra.losses.settings import ObjectiveSettings
from ancra.models.classifier import Classifier
from ancra.models.reverse_attention import label_rows
from ancra.negatives.settings import NegativeSettings
from ancra.negatives.strategy import Negatives, pick_negatives


def training_step(
    model: Classifier,
    images: Tensor,
    labels: Tensor,
    *,
    objective: ObjectiveSettings,
    attack: AttackSettings,
    negatives: NegativeSettings,
    epoch: int,
    generator: torch.Generator,
) -> LossParts:
    """The loss of one batch (METHOD section 4); call ``.total.backward()`` on the answer.

    The adversarial images, and the negatives' targeted attack, are made on the model in evaluation mode, both in one
    batch. Then the natural, adversarial and negative images pass through the model in the mode the caller set, each
    with the rows of its own labels, in this order (it is the order in which BatchNorm's statistics move).

    Args:
        images: (N, C, H, W) in [0, 1]. labels: (N,).
        attack: with the epsilon of this epoch.
        epoch: counted from 0; decides whether negatives are still picked at random.
        generator: on the images' device.
    """
    chosen = None
    adversarial = None
    if objective.base != "natural":
        adversarial, chosen = _attack_together(model, images, labels, objective, attack, negatives, epoch, generator)
    own = label_rows(labels)
    passes = Passes(
        natural=model.predict(images, own) if needs_natural(objective) else None,
        adversarial=model.predict(adversarial, own) if adversarial is not None else None,
        negative=model.predict(chosen.images, label_rows(chosen.labels)) if chosen else None,
        valid=chosen.picks.valid if chosen else None,
    )
    return training_loss(objective, passes, labels)


def _attack_together(
    model: Classifier,
    images: Tensor,
    labels: Tensor,
    objective: ObjectiveSettings,
    attack: AttackSettings,
    negatives: NegativeSettings,
    epoch: int,
    generator: torch.Generator,
) -> tuple[Tensor, Negatives | None]:
    """The adversarial images and the negatives; in evaluation mode samples do not meet, so one batch serves both."""
    if objective.contrast is None:
        return perturb(model, images, labels, attack, generator), None
    picks = pick_negatives(model, images, labels, negatives, generator, epoch)
    natural, own = images[picks.indices], labels[picks.indices]
    if negatives.perturbation == "none":
        return perturb(model, images, labels, attack, generator), Negatives(picks, natural, natural, own)
    direction = torch.ones(2 * len(images), device=images.device)
    direction[len(images) :] = -1
    both = perturb(model, torch.cat([images, natural]), labels.repeat(2), attack, generator, direction)
    adversarial, perturbed = both.split(len(images))
    return adversarial, Negatives(picks, natural, perturbed, own)
