"""Standard attacks from their authors' own code: AutoAttack and Square, through the package pyautoattack.

Croce and Hein 2020 (AutoAttack) and Andriushchenko et al. 2020 (Square, a black-box attack that uses no gradient).
"""

from dataclasses import replace
from typing import Literal

import torch
from pyautoattack import AutoAttack
from torch import Tensor, nn

from ancra.attacks.ball import project
from ancra.attacks.door import Values, admit, check_classes
from ancra.attacks.settings import AttackSettings, Norm
from ancra.attacks.verdict import AttackResult, decide, frozen, judge
from ancra.errors import AncraError
from ancra.models.plain import as_classifier
from ancra.models.surrogate import surrogate

Part = Literal["apgd-ce", "apgd-dlr", "apgd-t", "fab", "fab-t", "square"]
STANDARD_PARTS: tuple[Part, ...] = ("apgd-ce", "apgd-t", "fab-t", "square")
# AutoAttack's targeted parts rank three classes and more.
MINIMUM_CLASSES = 4


class _InSingle(nn.Module):
    """A model in any number format, for a search that computes in float32."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.answer = as_classifier(model)

    def forward(self, images: Tensor) -> Tensor:
        """(N, K) the logits."""
        return self.answer(images).float()


@torch.inference_mode(False)
def autoattack(
    model: nn.Module,
    images: Values,
    labels: Values,
    *,
    epsilon: float,
    norm: Norm = "linf",
    parts: tuple[Part, ...] = STANDARD_PARTS,
    steps: int = 100,
    queries: int = 5000,
    seed: int = 0,
) -> AttackResult:
    """Run AutoAttack on the final logits, the standard version unless ``parts`` says otherwise.

    Args:
        model: any classifier ``x -> logits``; left as it is.
        images: (N, C, H, W) in [0, 1]. labels: (N,).
        epsilon: radius of the ball in [0, 1] pixel values, above 0.
        steps: iterations of each gradient part. queries: of Square.

    Raises:
        AncraError: as ``admit``; epsilon 0; a targeted part with fewer than four classes; logits that are not finite.
    """
    if epsilon <= 0:
        raise AncraError("AutoAttack needs an epsilon above 0.")
    ball = AttackSettings(epsilon=epsilon, norm=norm)
    given = admit(model, images, labels)
    images, labels = given.images, given.labels
    with frozen(model):
        logits = decide(model, images)
        check_classes(labels, logits)
        targeted = any(part.endswith("-t") or part == "apgd-dlr" for part in parts)
        if targeted and logits.shape[1] < MINIMUM_CLASSES:
            raise AncraError(f"AutoAttack needs {MINIMUM_CLASSES} classes or more; use PGD for this model.")
        adversarial = images.clone()
        right = (logits.argmax(dim=1) == labels).nonzero()[:, 0]
        if len(right):
            attack = AutoAttack(
                _InSingle(surrogate(model, images[:1])),  # searched on the fast copy, judged below by the model itself
                attacks=list(parts),
                version="custom",
                eps=epsilon,
                norm={"linf": "Linf", "l2": "L2"}[norm],
                seed=seed,
                device=images.device,
            )
            # The standard version's settings, which a custom list of parts does not bring along.
            attack.apgd.n_restarts = attack.apgd_targeted.n_restarts = attack.fab.n_restarts = 1
            attack.apgd.n_iter = attack.apgd_targeted.n_iter = attack.fab.n_iter = steps
            attack.square.n_queries = queries
            classes = logits.shape[1] - 1
            attack.apgd_targeted.n_target_classes = attack.fab.n_target_classes = min(9, classes)
            # The library seeds torch's global generator.
            with torch.random.fork_rng(devices=[images.device] if images.is_cuda else []):
                points, _ = attack.run_standard_evaluation(images[right].float(), labels[right], batch_size=len(right))
            # The search rounds to a little more than epsilon.
            adversarial[right] = given.rounded(
                project(points.detach().to(images.dtype), images[right], ball), images[right]
            )
        found = judge(model, adversarial, labels)
        return replace(found, images=found.images.to(given.format), format=given.format)


def square(
    model: nn.Module,
    images: Values,
    labels: Values,
    *,
    epsilon: float,
    norm: Norm = "linf",
    queries: int = 5000,
    seed: int = 0,
) -> AttackResult:
    """Run Square alone: it only looks at the model's answers, so masked gradients do not stop it."""
    return autoattack(model, images, labels, epsilon=epsilon, norm=norm, parts=("square",), queries=queries, seed=seed)
