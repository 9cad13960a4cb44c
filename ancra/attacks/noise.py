"""The weakest attack there is: what no search at all finds."""

import torch
from torch import Tensor, nn

from ancra.attacks.ball import project, start_point
from ancra.attacks.settings import Threat
from ancra.attacks.verdict import AttackResult, frozen, judge


def noise(model: nn.Module, images: Tensor, labels: Tensor, threat: Threat, tries: int = 10) -> AttackResult:
    """Uniform random points of the ball, each judged by the model."""
    settings = threat.pgd(steps=0)
    generator = torch.Generator(images.device).manual_seed(threat.seed)
    with frozen(model):
        result = judge(model, images, labels)
        for _ in range(tries):
            other = judge(model, project(start_point(images, settings, generator), images, settings), labels)
            better = (other.success & ~result.success) | (
                (other.success == result.success) & (other.loss > result.loss)
            )
            result = AttackResult(
                torch.where(better.view(-1, 1, 1, 1), other.images, result.images),
                result.success | other.success,
                torch.where(better, other.loss, result.loss),
            )
    return result
