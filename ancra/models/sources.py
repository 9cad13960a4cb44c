"""Networks of torchvision and timm, and of a plugin's own functions, by name: ``torchvision:vgg16``."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from ancra.environment import PUBLIC
from ancra.errors import AncraError, unknown_name
from ancra.extras import missing_extra
from ancra.models.classifier import ImageShape
from ancra.plugins import plugin_module

SOURCES = {
    "torchvision:NAME": "Any image classifier of torchvision, as in torchvision:resnet50.",
    "timm:NAME": "Any image classifier of timm (extra timm), as in timm:convnext_tiny.",
    "module:function": "What a plugin's function gives: a torch module, images in [0, 1] -> logits.",
}
"""The forms of names, with what each stands for."""
_SHAPE = ("kernel_size", "stride", "padding", "dilation")


def network(name: str, image_shape: ImageShape, classes: int) -> nn.Module:
    """The network of a name with a colon, with new weights and without normalisation.

    A function of a plugin is given those of ``num_classes``, ``in_channels`` and ``image_size`` (height, width) that it
    takes by these names.

    Raises:
        AncraError: an unknown name, a package or plugin that is not there, code on a public server, or what the
            function gives is no module.
    """
    source, _, inner = name.partition(":")
    if source == "torchvision":
        return _torchvision(inner, image_shape, classes)
    if source == "timm":
        return _timm(inner, image_shape, classes)
    return _of_plugin(source, inner, image_shape, classes)


def check_source(name: str) -> None:
    """Raise AncraError for a name with a colon that means nothing here; nothing is built."""
    source, _, inner = name.partition(":")
    if source == "torchvision":
        _known("network of torchvision", inner, torchvision_names())
    elif source == "timm":
        _known("network of timm", inner, timm_names())
    else:
        _function(source, inner)


def torchvision_names() -> list[str]:
    """The image classifiers of torchvision."""
    from torchvision import models

    return [str(name) for name in models.list_models(module=models)]


def torchvision_parameters() -> dict[str, int]:
    """How many weights each of them has for 1,000 classes, as torchvision itself says; those of which it says so."""
    from torchvision import models

    kinds = {name: models.get_model_weights(name) for name in torchvision_names()}
    return {name: int(next(iter(kind)).meta["num_params"]) for name, kind in kinds.items() if len(kind)}


def timm_names() -> list[str]:
    """The image classifiers of timm. Raises AncraError, with the extra that brings it, where it is not installed."""
    try:
        import timm
    except ModuleNotFoundError as error:
        raise AncraError(missing_extra(error) or f"timm cannot be used: {error}.") from None
    return list(timm.list_models())


def with_channels(made: nn.Module, channels: int) -> nn.Module:
    """The network with its first convolution made for images of other than three channels."""
    if channels == 3:
        return made
    for parent in made.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.Conv2d) and child.in_channels == 3:
                same: dict[str, Any] = {each: getattr(child, each) for each in _SHAPE}
                first = nn.Conv2d(channels, child.out_channels, bias=child.bias is not None, **same)
                setattr(parent, name, first)
                return made
    raise AncraError(f"{type(made).__name__} has no convolution of three channels to be changed to {channels}.")


def _torchvision(name: str, image_shape: ImageShape, classes: int) -> nn.Module:
    from torchvision import models

    _known("network of torchvision", name, torchvision_names())
    options: dict[str, Any] = {"num_classes": classes}
    if name.startswith("vit_"):
        options["image_size"] = image_shape[1]
    if name in ("googlenet", "inception_v3"):
        options |= {"aux_logits": False, "init_weights": True}
    return with_channels(models.get_model(name, weights=None, **options), image_shape[0])


def _timm(name: str, image_shape: ImageShape, classes: int) -> nn.Module:
    _known("network of timm", name, timm_names())  # a name that leads to a hub is none of them
    import timm

    config = timm.get_pretrained_cfg(name)
    options: dict[str, Any] = {"img_size": image_shape[1:]} if config is not None and config.fixed_input_size else {}
    made: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes, in_chans=image_shape[0], **options)
    return made


def _of_plugin(module: str, function: str, image_shape: ImageShape, classes: int) -> nn.Module:
    make = _function(module, function)
    offered = {"num_classes": classes, "in_channels": image_shape[0], "image_size": image_shape[1:]}
    taken = inspect.signature(make).parameters
    try:
        made = make(**{name: value for name, value in offered.items() if name in taken})
    except AncraError:
        raise
    except Exception as error:  # anybody's code raises anything
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        raise AncraError(f"{module}:{function} gives no network ({reason}): correct it.") from error
    if not isinstance(made, nn.Module):
        raise AncraError(f"{module}:{function} must give a torch module; it gave {type(made).__name__}.")
    return made


def _function(module: str, function: str) -> Callable[..., object]:
    if PUBLIC.read(None) is not None:
        raise AncraError(f"{module}:{function} runs code, which a public server does not do for a model.")
    found = getattr(plugin_module(module), function, None)
    if not callable(found):
        raise AncraError(f"The plugin {module} has no function {function!r}: name one that gives a torch module.")
    return found


def _known(kind: str, name: str, names: list[str]) -> None:
    if name not in names:
        raise unknown_name(kind, name, names)
