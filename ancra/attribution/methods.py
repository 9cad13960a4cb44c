"""The attribution methods, by name: each turns a batch of images into one number a pixel, by Captum."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ancra.attribution.settings import AttributionSettings
from ancra.errors import AncraError
from ancra.models.classifier import Classifier
from ancra.registry import Registry

# Captum brings matplotlib along, more than a second of import, so the functions below import it when they are called.

FORWARDS = 256
"""How many images go through the model at once."""


@dataclass(frozen=True)
class Question:
    """What a method is asked.

    Attributes:
        model: the model itself. forward: images (n, C, H, W) -> the explained output of every class (n, K).
        images: (N, C, H, W), requiring a gradient. classes: (N,) the class that is explained.
    """

    model: nn.Module
    forward: Callable[[Tensor], Tensor]
    images: Tensor
    classes: Tensor
    settings: AttributionSettings


@dataclass(frozen=True)
class Method:
    """An attribution method.

    Attributes:
        name, title: for machines and for people.
        explanation: what a value means, in plain words.
        compute: a question -> (N, H, W) the values.
        signed: whether values below zero mean evidence against the class.
        sums: whether the values of an image are to sum to output(image) - output(black image).
    """

    name: str
    title: str
    explanation: str
    compute: Callable[[Question], Tensor]
    signed: bool
    sums: bool = False


METHODS: Registry[Method] = Registry("attribution method")


def saliency(question: Question) -> Tensor:
    """|d output / d pixel|, the largest of the channels (Simonyan et al. 2014)."""
    from captum.attr import Saliency

    return Saliency(question.forward).attribute(question.images, target=question.classes, abs=True).amax(dim=1)


def integrated_gradients(question: Question) -> Tensor:
    """The gradient averaged on the straight way from a black image, times the pixel (Sundararajan et al. 2017)."""
    from captum.attr import IntegratedGradients

    images = question.images
    values = IntegratedGradients(question.forward).attribute(
        images,
        baselines=torch.zeros_like(images),
        target=question.classes,
        n_steps=question.settings.steps,
        internal_batch_size=max(FORWARDS, len(images)),
    )
    return values.sum(dim=1)


def grad_cam(question: Question) -> Tensor:
    """Maps of a layer weighted by their mean gradient, positive part, enlarged (Selvaraju et al. 2017)."""
    from captum.attr import LayerAttribution, LayerGradCam

    layer = cam_layer(question.model, question.settings)
    try:
        maps = LayerGradCam(question.forward, layer).attribute(
            question.images, target=question.classes, relu_attributions=True
        )
    except torch.OutOfMemoryError:
        raise
    # Captum and autograd fail in several ways on a layer that is not between the images and the logits.
    except (RuntimeError, AssertionError, AttributeError, IndexError, KeyError):
        maps = None
    if not isinstance(maps, Tensor) or maps.dim() != 4:
        raise AncraError(
            f"Grad-CAM cannot read the layer {question.settings.layer or type(layer).__name__!r}: choose one that "
            "gives maps (N, C, H, W) which the explained logits depend on."
        )
    return LayerAttribution.interpolate(maps, tuple(question.images.shape[2:]), "bilinear")[:, 0]


def occlusion(question: Question) -> Tensor:
    """By how much the output falls when a square of the image is blacked out (Zeiler and Fergus 2014)."""
    from captum.attr import Occlusion

    images, settings = question.images.detach(), question.settings
    channels, height, width = images.shape[1:]
    window = min(settings.window or max(1, min(height, width) // 4), height, width)
    stride = min(settings.stride or max(1, window // 2), window)
    values = Occlusion(question.forward).attribute(
        images,
        sliding_window_shapes=(channels, window, window),
        strides=(channels, stride, stride),
        baselines=0,
        target=question.classes,
        perturbations_per_eval=max(1, FORWARDS // len(images)),
    )
    return values[:, 0]


def cam_layer(model: nn.Module, settings: AttributionSettings) -> nn.Module:
    """The layer that Grad-CAM reads: the one named, else the block whose map the explained logits are pooled from.

    Raises:
        AncraError: there is no layer of that name, or none is named and the model does not say which one it is.
    """
    if settings.layer is not None:
        try:
            return model.get_submodule(settings.layer)
        except AttributeError:
            raise AncraError(
                f"This model has no layer {settings.layer!r}; its layers are named as in model.named_modules(), for "
                f"example {', '.join(name for name, _ in list(model.named_children())[-3:]) or 'none'}."
            ) from None
    if isinstance(model, Classifier) and settings.head == "first" and model.reverse_attention_blocks:
        # The first auxiliary logits are read before the last block, which they do not depend on.
        return model.final_blocks[len(model.final_blocks) - model.reverse_attention_blocks]
    layer = getattr(model, "last_stage", None)
    if not isinstance(layer, nn.Module):
        raise AncraError(
            f"Grad-CAM needs to know the last convolutional stage of {type(model).__name__}: name a layer in the "
            "settings (layer = ...), or give the model an attribute `last_stage`."
        )
    return layer


for _method in (
    Method(
        "integrated_gradients",
        "Integrated gradients",
        "Shares the difference between the answer to this image and to a black one out among the pixels. Positive: "
        "the pixel speaks for the class; negative: against it. A black pixel always gets 0.",
        integrated_gradients,
        signed=True,
        sums=True,
    ),
    Method(
        "saliency",
        "Saliency",
        "How strongly the answer reacts to a tiny change of a pixel: what a gradient attack sees. It says where, not "
        "in which direction.",
        saliency,
        signed=False,
    ),
    Method(
        "grad_cam",
        "Grad-CAM",
        "Which region of the last feature map speaks for the class, enlarged to the image: coarse, and only what "
        "speaks for the class.",
        grad_cam,
        signed=False,
    ),
    Method(
        "occlusion",
        "Occlusion",
        "Blacks out one square after another and sees by how much the answer falls. It needs no gradient, so a masked "
        "gradient cannot deceive it.",
        occlusion,
        signed=True,
    ),
):
    METHODS.add(_method.name)(_method)
