"""Why an attack fares as it does on a model: the loss around an image, and what an answer rests on."""

import torch

from ancra.attacks.trace import AttackTrace
from ancra.attribution.attribute import Attribution
from ancra.attribution.channels import ChannelChange
from ancra.attribution.settings import AttributionSettings
from ancra.evaluation.loss_cut import LossCut
from ancra.evaluation.loss_surface import LossSurface, SurfaceSettings
from app import compute
from app.answers.attacks import Picture
from app.engine.kinds.attacks import Attacked

POINTS = 101
"""On a cut, so that a cliff looks like one."""


def surface(name: str, picture: Picture, epsilon: float, loss: str, text: str) -> LossSurface:
    """The loss of p' around a picture, and that of the first auxiliary logits where the model has them.

    Args:
        loss: "ce" or "margin".
    """
    card = compute.card(name)
    settings = SurfaceSettings(epsilon=epsilon, objectives=_both_answers(name, loss))
    asked = compute.request("surface", name, settings, Attacked(picture.image, picture.label))
    return compute.ask(asked, (card.digest, picture.digest(), settings.digest()), text)


def cut(name: str, picture: Picture, epsilon: float, loss: str, text: str) -> LossCut:
    """The same losses on a line through the picture, along the gradient of the earliest answer that there is."""
    card = compute.card(name)
    settings = SurfaceSettings(epsilon=epsilon, points=POINTS, objectives=_both_answers(name, loss))
    asked = compute.request("cut", name, settings, Attacked(picture.image, picture.label))
    return compute.ask(asked, (card.digest, picture.digest(), settings.digest()), text)


def attribution(
    name: str,
    picture: Picture,
    trace: AttackTrace,
    step: int,
    settings: AttributionSettings,
    label: int | None,
    text: str,
) -> Attribution:
    """The attributions of a picture (index 0) and of its attacked form after a step (index 1).

    Args:
        label: the class that is explained; None for the model's own answer to each.
    """
    images = _both(trace, step)
    classes = None if label is None else torch.full((2,), label)
    asked = compute.request("attribution", name, settings, (images, classes))
    key = (compute.card(name).digest, picture.digest(), images[1].numpy().tobytes(), settings.digest(), label)
    return compute.ask(asked, key, text)


def channels(name: str, picture: Picture, trace: AttackTrace, step: int, text: str) -> ChannelChange:
    """The channels of a picture before the attack and after a step of it. Raises AncraError without attention."""
    images = _both(trace, step)
    asked = compute.request("channels", name, item=images)
    key = (compute.card(name).digest, picture.digest(), images[1].numpy().tobytes())
    return compute.ask(asked, key, text)


def _both_answers(name: str, loss: str) -> tuple[str, ...]:
    return (loss, f"{loss}_first") if compute.card(name).model.reverse_attention_blocks else (loss,)


def _both(trace: AttackTrace, step: int) -> torch.Tensor:
    """(2, C, H, W) the natural image and the one after a step."""
    return torch.cat([torch.from_numpy(trace.natural), torch.from_numpy(trace.images[step])])
