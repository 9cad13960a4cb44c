"""A negative strategy: a picker, then perhaps a targeted attack on what it picked (docs/method.md, section 3)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ancra.attacks.search import perturb
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import decide, frozen
from ancra.negatives import easy, hard_ls, random, soft_ls  # noqa: F401  (importing them registers them)
from ancra.negatives.picker import PICKERS, Batch, Picker, Picks, pick
from ancra.negatives.settings import NegativeSettings


@dataclass(frozen=True)
class Negatives:
    """The negatives of N anchors.

    Attributes:
        picks: which image of the batch each anchor got, and why.
        natural: (N, C, H, W) the picked images in [0, 1].
        images: (N, C, H, W) the same after the perturbation; equal to ``natural`` without one.
        labels: (N,) the negatives' own labels.
    """

    picks: Picks
    natural: Tensor
    images: Tensor
    labels: Tensor


def active_picker(settings: NegativeSettings, epoch: int | None = None) -> Picker:
    """The picker at an epoch (counted from 0): Random during the warm-up, then (or for None) the chosen one."""
    warming_up = epoch is not None and epoch < settings.warmup_epochs
    return PICKERS["random" if warming_up else settings.picker]


def pick_negatives(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: NegativeSettings,
    generator: torch.Generator,
    epoch: int | None = None,
) -> Picks:
    """Pick a negative from the batch for every anchor; the model is asked only when the picker needs it."""
    picker = active_picker(settings, epoch)
    if picker.needs_logits:
        with frozen(model):
            logits = decide(model, images)
    else:
        logits = torch.zeros(len(labels), int(labels.max()) + 1, device=labels.device)
    return pick(picker, Batch(labels, logits), generator)


def select_negatives(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: NegativeSettings,
    attack: AttackSettings,
    generator: torch.Generator,
    epoch: int | None = None,
) -> Negatives:
    """Pick the negatives of a batch and, for the targeted attack, drive each to its anchor's class.

    Args:
        model: a classifier; left as it is.
        images: (N, C, H, W) in [0, 1]. labels: (N,).
        attack: epsilon, steps, start and objective of the targeted attack. The paper prints a maximum of
            CE(f(OE), gt(ne)); its text and the reference descend that loss, and so does this.
    """
    picks = pick_negatives(model, images, labels, settings, generator, epoch)
    natural = images[picks.indices]
    perturbed = natural
    if settings.perturbation == "targeted_attack":
        perturbed = perturb(model, natural, labels, attack, generator, direction=-1.0)
    return Negatives(picks, natural, perturbed, labels[picks.indices])
