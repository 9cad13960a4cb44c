"""The model under examination, the claim about it, and what several checks look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from ancra.attacks.objectives import OBJECTIVES, cross_entropy
from ancra.attacks.pgd import pgd
from ancra.attacks.suite import Threat, run_attack
from ancra.attacks.verdict import AttackResult, decide, frozen
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.settings import EvaluationSettings
from ancra.models.plain import as_classifier
from ancra.trust.settings import TrustSettings

BATCH = EvaluationSettings().batch_size


class Connected(nn.Module):
    """A model that cuts its images off from the gradient, joined again by a gradient of zero, so that PGD runs."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.training = model.training

    def forward(self, images: Tensor) -> Tensor:
        """The model's logits (N, K)."""
        return self.model(images) + 0.0 * images.flatten(1).sum(dim=1, keepdim=True)


def _differentiable(model: nn.Module, images: Tensor) -> bool:
    with frozen(model), torch.enable_grad():
        point = images.clone().requires_grad_()
        logits = as_classifier(model)(point)
        if not logits.requires_grad:
            return False
        return torch.autograd.grad(logits.sum(), point, allow_unused=True)[0] is not None


@dataclass
class Subject:
    """N images, a model, and the claim "so many survive PGD on p'".

    Attributes:
        model: any classifier ``x -> logits``. images: (N, C, H, W) in [0, 1]. labels: (N,).
        settings: the claim and the budget of the checks.
        others: classifiers of the same classes, for the transfer check.
        broken: (N,) bool, images that some check has broken so far, whatever the claim says.
    """

    model: nn.Module
    images: Tensor
    labels: Tensor
    settings: TrustSettings
    others: Sequence[nn.Module] = ()
    broken: Tensor = field(init=False)

    def __post_init__(self) -> None:
        if not _differentiable(self.model, self.images[:1]):
            self.model = Connected(self.model)
        self.broken = torch.zeros(len(self.labels), dtype=torch.bool, device=self.labels.device)

    @property
    def threat(self) -> Threat:
        """What the attackers may do."""
        return self.settings.threat

    @cached_property
    def logits(self) -> Tensor:
        """(N, K) final logits of the natural images."""
        with frozen(self.model):
            return decide(self.model, self.images)

    @cached_property
    def natural(self) -> Tensor:
        """(N,) bool, answered rightly without an attack."""
        return self.logits.argmax(dim=1) == self.labels

    @cached_property
    def claimed(self) -> Tensor:
        """(N,) bool, the images that the claim counts as robust: they survive PGD on p'."""
        return self.survive("pgd")

    @cached_property
    def has_heads(self) -> bool:
        """Whether the model exposes auxiliary logits."""
        with frozen(self.model), torch.no_grad():
            return bool(as_classifier(self.model).predict(self.images[:1]).auxiliary)

    @cached_property
    def final_attacks(self) -> dict[str, Tensor]:
        """(N,) bool survivors of each white-box attack on the final output alone."""
        # With two classes the one wrong class is what the margin attack aims at already.
        fewest = {"margin": 2, "dlr": OBJECTIVES["dlr"].fewest_classes, "margin_targets": 3}
        names = [name for name, classes in fewest.items() if self.logits.shape[1] >= classes]
        return {"pgd": self.claimed} | {name: self.survive(name) for name in names}

    @cached_property
    def white_box(self) -> Tensor:
        """(N,) bool, images that survive all of them."""
        return torch.stack(list(self.final_attacks.values())).all(dim=0)

    def survive(self, attack: str | Callable[[Tensor, Tensor], AttackResult], among: Tensor | None = None) -> Tensor:
        """(N,) bool: ``among`` (by default all that are right without an attack) without the images an attack breaks.

        Args:
            attack: a name, or a function of images and labels.
        """
        alive = (self.natural if among is None else among).clone()
        # In the batches of an evaluation, so that the claim is the very number that an evaluation gives.
        for chosen in alive.nonzero()[:, 0].split(BATCH) if bool(alive.any()) else ():
            images, labels = self.images[chosen], self.labels[chosen]
            result = (
                run_attack(self.model, images, labels, attack, self.threat, keep="first")
                if isinstance(attack, str)
                else attack(images, labels)
            )
            alive[chosen] = ~result.success
            self.broken[chosen] |= result.success
        return alive

    def search(self, images: Tensor, labels: Tensor, **changes: object) -> AttackResult:
        """PGD on p' within the claim's threat, with some settings changed; the first point that breaks an image."""
        return pgd(self.model, images, labels, self.threat.pgd(**{"keep": "first", **changes}))  # type: ignore[arg-type]

    def input_gradient(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """(n,) cross-entropy of p' and (n, C, H, W) its gradient with respect to the images."""
        with frozen(self.model), torch.enable_grad():
            point = images.clone().requires_grad_()
            loss = cross_entropy(as_classifier(self.model)(point), labels)
            (gradient,) = torch.autograd.grad(loss.sum(), point)
        return loss.detach(), gradient

    @cached_property
    def chance(self) -> float:
        """Half-width in points of the claim's 95 % interval: what chance alone makes of the number."""
        accuracy = self.accuracy(self.claimed)
        return 50 * (accuracy.high - accuracy.low)

    def points(self, before: Tensor, after: Tensor) -> float:
        """By how many percentage points of all images the accuracy falls from one set of survivors to another."""
        return 100 * (int(before.sum()) - int(after.sum())) / len(self.labels)

    def accuracy(self, survivors: Tensor) -> Accuracy:
        """A set of survivors as an accuracy."""
        return Accuracy.of(int(survivors.sum()), len(self.labels))
