"""Which network do these weights belong to? Names and shapes of the tensors tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from ancra.errors import AncraError
from ancra.models.settings import ModelSettings
from ancra.models.wide_resnet import WideResNet

_STANDARD_WIDTHS = {"small_resnet": 12, "strided_resnet": 12, "resnet18": 64, "preact_resnet18": 64}


@dataclass(frozen=True)
class Recognised:
    """What a table of weights says about its network.

    Attributes:
        settings: the architecture with its size. Reverse attention adds no tensor, and normalisation none either:
            both are left at none, for a person to say.
        channels: of the images.
        classes: how many there are.
    """

    settings: ModelSettings
    channels: int
    classes: int


def recognise(tensors: Mapping[str, Tensor]) -> Recognised:
    """The network of these tensors, by our names or the reference's. Raises AncraError for any other network."""
    reference = any(key.startswith("block1.") for key in tensors)
    named = ((WideResNet.reference_key(key) if reference else key, tensor) for key, tensor in tensors.items())
    shapes = {key: tuple(tensor.shape) for key, tensor in named if key is not None}
    stem, head = shapes.get("conv1.weight", ()), shapes.get("linear.weight") or shapes.get("fc.weight", ())
    stages = {int(found[1]) for key in shapes if (found := re.match(r"layer(\d)\.", key))}
    if len(stem) != 4 or len(head) != 2 or len(stages) not in (3, 4) or stages != set(range(1, len(stages) + 1)):
        raise AncraError("These weights belong to none of the networks here (`ancra list models` shows them).")
    return Recognised(_settings(shapes, stem, len(stages)), stem[1], head[0])


def _settings(shapes: Mapping[str, tuple[int, ...]], stem: tuple[int, ...], stages: int) -> ModelSettings:
    after_activation = "fc.weight" in shapes
    if not after_activation and stages == 3:
        blocks = len({key.split(".")[1] for key in shapes if key.startswith("layer1.")})
        first = shapes.get("layer1.0.conv1.weight", (0,))[0]
        return _checked({"architecture": "wide_resnet", "depth": 6 * blocks + 4, "widen_factor": first // 16})
    small = "small_resnet" if stem[2] == 3 else "strided_resnet"
    architecture = "preact_resnet18" if not after_activation else "resnet18" if stages == 4 else small
    width = None if stem[0] == _STANDARD_WIDTHS[architecture] else stem[0]
    return _checked({"architecture": architecture, "width": width})


def _checked(values: dict[str, object]) -> ModelSettings:
    return ModelSettings().with_changes(**values)
