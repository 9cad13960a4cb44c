"""Standard attacks from their authors' own code: AutoAttack and Square, through the package pyautoattack.

Croce and Hein 2020 (AutoAttack) and Andriushchenko et al. 2020 (Square, a black-box attack that uses no gradient).
"""

from typing import Literal

import torch
from pyautoattack import AutoAttack
from torch import Tensor, nn

from ancra.attacks.ball import project
from ancra.attacks.settings import AttackSettings, Norm
from ancra.attacks.verdict import AttackResult, decide, frozen, judge
from ancra.errors import AncraError
from ancra.models.surrogate import surrogate

Part = Literal["apgd-ce", "apgd-dlr", "apgd-t", "fab", "fab-t", "square"]
STANDARD_PARTS: tuple[Part, ...] = ("apgd-ce", "apgd-t", "fab-t", "square")
# AutoAttack's targeted parts rank three classes and more.
MINIMUM_CLASSES = 4


def autoattack(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
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
        AncraError: epsilon 0; a targeted part with fewer than four classes; logits that are not finite.
    """
    if epsilon <= 0:
        raise AncraError("AutoAttack needs an epsilon above 0.")
    with frozen(model):
        logits = decide(model, images)
        targeted = any(part.endswith("-t") or part == "apgd-dlr" for part in parts)
        if targeted and logits.shape[1] < MINIMUM_CLASSES:
            raise AncraError(f"AutoAttack needs {MINIMUM_CLASSES} classes or more; use PGD for this model.")
        adversarial = images.clone()
        right = (logits.argmax(dim=1) == labels).nonzero()[:, 0]
        if len(right):
            attack = AutoAttack(
                surrogate(model, images[:1]),  # searched on the fast copy, judged below by the model itself
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
                found, _ = attack.run_standard_evaluation(images[right], labels[right], batch_size=len(right))
            # The search rounds to a little more than epsilon.
            ball = AttackSettings(epsilon=epsilon, norm=norm)
            adversarial[right] = project(found.detach(), images[right], ball)
        return judge(model, adversarial, labels)


def square(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    epsilon: float,
    norm: Norm = "linf",
    queries: int = 5000,
    seed: int = 0,
) -> AttackResult:
    """Run Square alone: it only looks at the model's answers, so masked gradients do not stop it."""
    return autoattack(model, images, labels, epsilon=epsilon, norm=norm, parts=("square",), queries=queries, seed=seed)
