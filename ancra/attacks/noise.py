"""The weakest attack there is: what no search at all finds."""

from dataclasses import replace

import torch
from torch import nn

from ancra.attacks.ball import project, start_point
from ancra.attacks.door import Values, admit, check_classes
from ancra.attacks.settings import Threat
from ancra.attacks.verdict import AttackResult, decide, frozen, judge


@torch.inference_mode(False)
def noise(model: nn.Module, images: Values, labels: Values, threat: Threat, tries: int = 10) -> AttackResult:
    """Uniform random points of the ball, each judged by the model. Raises AncraError as ``admit``."""
    given = admit(model, images, labels)
    images, labels = given.images, given.labels
    settings = threat.pgd(steps=0)
    generator = torch.Generator(images.device).manual_seed(threat.seed)
    with frozen(model):
        check_classes(labels, decide(model, images))
        result = judge(model, images, labels)
        for _ in range(tries):
            point = project(start_point(images, settings, generator), images, settings)
            other = judge(model, given.rounded(point, images), labels)
            better = (other.success & ~result.success) | (
                (other.success == result.success) & (other.loss > result.loss)
            )
            result = AttackResult(
                torch.where(better.view(-1, 1, 1, 1), other.images, result.images),
                result.success | other.success,
                torch.where(better, other.loss, result.loss),
            )
    return replace(result, images=result.images.to(given.format), format=given.format)
