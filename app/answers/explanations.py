"""Why an attack fares as it does on a model: the loss around an image, and what an answer rests on."""

import torch

from ancra.attacks.trace import AttackTrace
from ancra.attribution.attribute import Attribution, attribute
from ancra.attribution.channels import ChannelChange, compare_channels
from ancra.attribution.settings import AttributionSettings
from ancra.evaluation.loss_cut import LossCut, loss_cut
from ancra.evaluation.loss_surface import LossSurface, SurfaceSettings, loss_surface
from app import compute
from app.answers.attacks import Picture
from app.queueing import Progress

POINTS = 101
"""On a cut, so that a cliff looks like one."""


def surface(name: str, picture: Picture, epsilon: float, loss: str, text: str) -> LossSurface:
    """The loss of p' around a picture, and that of the first auxiliary logits where the model has them.

    Args:
        loss: "ce" or "margin".
    """
    model, card = compute.model(name), compute.card(name)
    settings = SurfaceSettings(epsilon=epsilon, objectives=_both_answers(name, loss))

    def work(progress: Progress) -> LossSurface:
        return loss_surface(model, picture.image[0], picture.label, settings)

    return compute.ask("surface", (card.digest, picture.digest(), settings.digest()), work, text)


def cut(name: str, picture: Picture, epsilon: float, loss: str, text: str) -> LossCut:
    """The same losses on a line through the picture, along the gradient of the earliest answer that there is."""
    model, card = compute.model(name), compute.card(name)
    settings = SurfaceSettings(epsilon=epsilon, points=POINTS, objectives=_both_answers(name, loss))

    def work(progress: Progress) -> LossCut:
        return loss_cut(model, picture.image[0], picture.label, settings)

    return compute.ask("cut", (card.digest, picture.digest(), settings.digest()), work, text)


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
    model = compute.model(name)
    images = _both(trace, step)
    classes = None if label is None else torch.full((2,), label)

    def work(progress: Progress) -> Attribution:
        return attribute(model, images, settings, classes)

    key = (compute.card(name).digest, picture.digest(), images[1].numpy().tobytes(), settings.digest(), label)
    return compute.ask("attribution", key, work, text)


def channels(name: str, picture: Picture, trace: AttackTrace, step: int, text: str) -> ChannelChange:
    """The channels of a picture before the attack and after a step of it. Raises AncraError without attention."""
    model = compute.model(name)
    images = _both(trace, step)

    def work(progress: Progress) -> ChannelChange:
        return compare_channels(model, images[:1], images[1:])

    key = (compute.card(name).digest, picture.digest(), images[1].numpy().tobytes())
    return compute.ask("channels", key, work, text)


def _both_answers(name: str, loss: str) -> tuple[str, ...]:
    return (loss, f"{loss}_first") if compute.card(name).model.reverse_attention_blocks else (loss,)


def _both(trace: AttackTrace, step: int) -> torch.Tensor:
    """(2, C, H, W) the natural image and the one after a step."""
    return torch.cat([torch.from_numpy(trace.natural), torch.from_numpy(trace.images[step])])
