"""Which network do these weights belong to? The shapes of the tensors tell, whatever wraps or spells their names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from ancra.errors import AncraError
from ancra.models.settings import ModelSettings
from ancra.models.spellings import Spelled, in_our_names

_STANDARD_WIDTHS = {"small_resnet": 12, "strided_resnet": 12, "resnet18": 64, "preact_resnet18": 64}
_BLOCKS = {"small_resnet": [1, 1, 2], "strided_resnet": [1, 1, 2], "resnet18": [2] * 4, "preact_resnet18": [2] * 4}
_UNKNOWN = "These weights belong to none of the networks here (`ancra list models` shows them)"


@dataclass(frozen=True)
class Recognised:
    """What a table of weights says about its network.

    Attributes:
        settings: the architecture with its size, and the normalisation that stands in the file. Reverse attention adds
            no tensor: it is left at none, for a person to say.
        channels: of the images.
        classes: how many there are.
        evidence: sentences that say what was recognised by what.
    """

    settings: ModelSettings
    channels: int
    classes: int
    evidence: tuple[str, ...] = ()


def recognise(tensors: Mapping[str, Tensor]) -> Recognised:
    """The network of these tensors, in any usual spelling. Raises AncraError for any other network, with what it is."""
    spelled = in_our_names(tensors)
    shapes = {key: tuple(tensor.shape) for key, tensor in spelled.tensors.items()}
    head = shapes.get("linear.weight") or shapes.get("fc.weight", ())
    stem = shapes.get("conv1.weight", ())
    numbers = {(int(found[1]), int(found[2])) for key in shapes if (found := re.match(r"layer(\d)\.(\d+)\.", key))}
    blocks = [sum(stage == one for one, _ in numbers) for stage in range(1, 1 + len({one for one, _ in numbers}))]
    if len(stem) != 4 or len(head) != 2 or len(blocks) not in (3, 4) or spelled.pre_activation is None:
        raise AncraError(f"{_UNKNOWN}.")
    if "layer1.0.conv3.weight" in shapes:
        raise AncraError(f"{_UNKNOWN}: they are of a ResNet of bottleneck blocks, as ResNet-50 has.")
    if stem[2] == 7:
        raise AncraError(f"{_UNKNOWN}: their first convolution is 7x7, as for ImageNet; ours are for small images.")
    if spelled.pre_activation and "bn.weight" not in shapes:
        raise AncraError(f"{_UNKNOWN}: their blocks are pre-activation ones without the final BatchNorm of ours.")
    settings = _settings(shapes, stem, blocks, spelled.pre_activation)
    return Recognised(_checked(settings | _normalisation(spelled)), stem[1], head[0], _evidence(spelled, stem, blocks))


def _settings(
    shapes: Mapping[str, tuple[int, ...]], stem: tuple[int, ...], blocks: list[int], pre_activation: bool
) -> dict[str, object]:
    if pre_activation and len(blocks) == 3:
        factor, rest = divmod(shapes["layer2.0.conv1.weight"][0], 32)
        if len(set(blocks)) > 1 or rest or not factor or stem[0] != 16:
            raise AncraError(f"{_UNKNOWN}: a WideResNet has as many blocks in each stage, of 16, 32 and 64 K channels.")
        return {"architecture": "wide_resnet", "depth": 6 * blocks[0] + 4, "widen_factor": factor}
    small = "small_resnet" if stem[2] == 3 else "strided_resnet"
    architecture = "preact_resnet18" if pre_activation else "resnet18" if len(blocks) == 4 else small
    if blocks != _BLOCKS[architecture]:
        counts = ", ".join(map(str, blocks))
        raise AncraError(f"{_UNKNOWN}: they are of a residual network with stages of {counts} blocks.")
    return {"architecture": architecture, "width": None if stem[0] == _STANDARD_WIDTHS[architecture] else stem[0]}


def _normalisation(spelled: Spelled) -> dict[str, object]:
    return {} if spelled.mean is None else {"mean": spelled.mean, "std": spelled.std}


def _evidence(spelled: Spelled, stem: tuple[int, ...], blocks: list[int]) -> tuple[str, ...]:
    where = "in front of" if spelled.pre_activation else "after"
    said = [
        f"Stages of {', '.join(map(str, blocks))} blocks, by the tensors' names.",
        f"BatchNorm stands {where} the convolutions, by its size where the channels change.",
        f"The first convolution is {stem[2]}x{stem[3]}, by its shape; stride and pooling leave no tensor: they are "
        "taken to be as in the networks here.",
    ]
    if spelled.prefix:
        said.append(f"The names begin with {spelled.prefix!r}, which was taken off.")
    if spelled.mean is not None:
        said.append("Mean and deviation were taken over from the normaliser in the file.")
    return tuple(said)


def _checked(values: dict[str, object]) -> ModelSettings:
    return ModelSettings().with_changes(**values)
