"""A TRADES-ANCRA training step written the way of the paper's public code."""

import copy
import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ancra.models.classifier import Classifier
from ancra.models.reverse_attention import label_rows
from ancra.negatives.strategy import pick_negatives
from ancra.recipe import Recipe
from ancra.training.update import new_optimiser
from benchmarks.cases import CLASSES, Case


class ReferenceStep:
    """The step of the public code."""

    def __init__(self, case: Case) -> None:
        self.case, self.model = case, copy.deepcopy(case.model)
        self.optimiser = new_optimiser(self.model, case.recipe)

    def __call__(self) -> None:
        self.loss = reference_step(self.case, self.model, self.optimiser)


def reference_step(case: Case, model: Classifier, optimiser: torch.optim.Optimizer) -> Tensor:
    """The same step as the public code takes it, with our draws of negatives and noise.

    Each of the two attacks by itself on the network as it is; a loop over the batch to pick negatives and one for each
    contrast; three more forward passes, with their graphs, for what is logged; every logged number fetched at once.
    """
    recipe, images, labels, draws = case.recipe, case.images, case.labels, case.draws()
    # Asked of our picker for its draw only: what it costs is what drawing costs anyone.
    agreed = pick_negatives(model, images, labels, recipe.negatives, draws, epoch=0).indices
    chosen = pick_in_a_loop(labels, agreed)
    shape = (2 * len(images), *images.shape[1:])
    noise = 0.001 * torch.randn(shape, generator=draws, device=images.device, dtype=images.dtype)
    negatives, own = images[chosen], labels[chosen]
    negatives = attack_alone(model, negatives, labels, noise[len(images) :], recipe, -1)
    adversarial = attack_alone(model, images, labels, noise[: len(images)], recipe, 1)
    weights, size = recipe.objective, len(images)
    assert weights.contrast is not None

    model.train()
    optimiser.zero_grad()
    natural = model.predict(images, label_rows(labels))
    attacked = model.predict(adversarial, label_rows(labels))
    pushed = model.predict(negatives, label_rows(own))

    def summed(term: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Tensor:
        extra = torch.zeros((), device=images.device)
        for heads in zip(natural.auxiliary, attacked.auxiliary, pushed.auxiliary, strict=True):
            extra = extra + term(*heads)
        final = term(natural.logits, attacked.logits, pushed.logits)
        return final + weights.auxiliary_weight * extra / len(natural.auxiliary)

    def divergence(nat: Tensor, adv: Tensor, neg: Tensor) -> Tensor:
        return F.kl_div(adv.log_softmax(dim=1), nat.softmax(dim=1), reduction="sum") / size

    def contrast(nat: Tensor, adv: Tensor, neg: Tensor) -> Tensor:
        assert weights.contrast is not None
        p, q, alpha = nat.softmax(dim=1), neg.softmax(dim=1), weights.contrast.alpha
        forces = alpha * contrast_in_a_loop(p.detach(), q) + (1 - alpha) * contrast_in_a_loop(p, q.detach())
        return forces / size

    parts = [summed(lambda nat, adv, neg: F.cross_entropy(nat, labels)), summed(divergence), summed(contrast)]
    loss = parts[0] + weights.beta * parts[1] + weights.contrast.zeta * parts[2]
    model.eval()
    logged = [model.predict(batch).logits.detach() for batch in (images, adversarial, negatives)]
    loss.backward()
    optimiser.step()
    for logits, truth in zip(logged, (labels, labels, own), strict=True):
        (logits.argmax(dim=1) == truth).float().mean().item()
    for number in (loss, *parts, (logged[0] - logged[1]).norm(), (logged[0] - logged[2]).norm()):
        number.item()
    return loss.detach()


def pick_in_a_loop(labels: Tensor, agreed: Tensor) -> list[int]:
    """An image of another class for each label, anchor by anchor; the draw is then replaced by the agreed one."""
    of_class: dict[int, list[int]] = {name: [] for name in range(CLASSES)}
    for index, label in enumerate(labels):
        of_class[int(label.item())].append(index)
    chosen = []
    for label, ours in zip(labels, agreed.tolist(), strict=True):
        # A comparison with a tensor: on a GPU each one waits for the device.
        others = [name for name in of_class if name != label and of_class[name]]
        random.choice(of_class[random.choice(others)])
        chosen.append(ours)
    return chosen


def contrast_in_a_loop(anchor: Tensor, negative: Tensor) -> Tensor:
    """The sum of sqrt(max P(x) * max P(x_o)) where both predict the same class, one sample after the other."""
    (p, p_class), (q, q_class) = anchor.max(dim=1), negative.max(dim=1)
    total = torch.zeros((), device=anchor.device)
    for place in (p_class == q_class).nonzero():
        total = total + (p[place[0]] * q[place[0]]) ** 0.5
    return total


def attack_alone(
    model: Classifier, images: Tensor, labels: Tensor, noise: Tensor, recipe: Recipe, direction: int
) -> Tensor:
    """PGD on the network as it is, in evaluation mode; ``direction`` -1 descends towards ``labels``."""
    model.eval()
    attack, current = recipe.attack, (images + noise).clamp(0, 1)
    for _ in range(attack.steps):
        current.requires_grad_()
        answer = model.predict(current)
        extra = torch.stack([F.cross_entropy(logits, labels) for logits in answer.auxiliary]).mean()
        loss = F.cross_entropy(answer.logits, labels) + recipe.objective.auxiliary_weight * extra
        (gradient,) = torch.autograd.grad(loss, [current])
        current = current.detach() + direction * attack.step_length * gradient.sign()
        current = torch.min(torch.max(current, images - attack.epsilon), images + attack.epsilon).clamp(0, 1)
    return current
