"""Which network do these weights belong to? The shapes of the tensors tell, whatever wraps or spells their names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from ancra.errors import AncraError
from ancra.models.fitting import class_count, fit, head_of, image_channels, stem_of
from ancra.models.settings import ModelSettings
from ancra.models.sources import torchvision_parameters
from ancra.models.spellings import Spelled, in_our_names, without_normaliser
from ancra.models.weights import tensor_shapes
from ancra.text import listed

_STANDARD_WIDTHS = {"small_resnet": 12, "strided_resnet": 12}
_BLOCKS = {
    "small_resnet": [1, 1, 2],
    "strided_resnet": [1, 1, 2],
    "resnet18": [2] * 4,
    "resnet34": [3, 4, 6, 3],
    "resnet50": [3, 4, 6, 3],
    "preact_resnet18": [2] * 4,
}
_REPARAMETRISED = re.compile(r"\.parametrizations\.|\.\w+_(?:orig|mask)$|\.weight_[gv]$")
_HEAD_LAYER = re.compile(r"(?:^|\.)((?:fc|linear|classifier|head)(?:\.\d+)?)\.weight$")
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
        aside: sentences on what of the file was left out or changed.
    """

    settings: ModelSettings
    channels: int
    classes: int
    evidence: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


def recognise(tensors: Mapping[str, Tensor]) -> Recognised:
    """The network of these tensors, in any usual spelling: one of this project, or of torchvision.

    Raises:
        AncraError: it is another network, which the sentence describes.
    """
    try:
        return _ours(tensors)
    except AncraError:
        found = _elsewhere(tensors)
        if found is None:
            raise
        return found


def _ours(tensors: Mapping[str, Tensor]) -> Recognised:
    spelled = in_our_names(tensors)
    shapes = {key: tuple(tensor.shape) for key, tensor in spelled.tensors.items()}
    head = shapes.get("linear.weight") or shapes.get("fc.weight", ())
    stem = shapes.get("conv1.weight", ())
    numbers = {(int(found[1]), int(found[2])) for key in shapes if (found := re.match(r"layer(\d)\.(\d+)\.", key))}
    blocks = [sum(stage == one for one, _ in numbers) for stage in range(1, 1 + len({one for one, _ in numbers}))]
    if len(stem) != 4 or len(head) != 2 or len(blocks) not in (3, 4) or spelled.pre_activation is None:
        raise AncraError(f"{_UNKNOWN}{_reason(tensors, spelled)}.")
    if stem[1] not in (1, 3):
        raise AncraError(f"{_UNKNOWN}: their images have {stem[1]} channels, neither grey nor colour.")
    if stem[2] == 7:
        raise AncraError(f"{_UNKNOWN}: their first convolution is 7x7, as for ImageNet, in no ResNet of torchvision.")
    if spelled.pre_activation and "bn.weight" not in shapes:
        raise AncraError(f"{_UNKNOWN}: their blocks are pre-activation ones without the final BatchNorm of ours.")
    settings = _settings(shapes, stem, blocks, spelled.pre_activation)
    ours = _checked(settings | _normalisation(spelled))
    return Recognised(ours, stem[1], head[0], _evidence(spelled, stem, blocks), _left_out(spelled.aside))


def _reason(tensors: Mapping[str, Tensor], spelled: Spelled) -> str:
    """Why a table of weights is of no network here, where that can be told."""
    changed = next((key for key in tensors if _REPARAMETRISED.search(key)), None)
    if changed is not None:
        return (
            f": {changed!r} is a part of a weight only. Where it was made, undo that before saving (torch.nn.utils."
            "parametrize.remove_parametrizations, remove_weight_norm, prune.remove)"
        )
    if spelled.pre_activation is None:
        return ""
    heads = sorted({found[1] for key in tensors if (found := _HEAD_LAYER.search(key))})
    if len(heads) > 1:
        return f": their head has several layers ({listed(heads)}). Bring it with a plugin's function (module:function)"
    return "" if heads else ": they have no layer that answers with classes, as an encoder alone"


def _left_out(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        return ()
    what = f"{names[0]!r}" if len(names) == 1 else f"{len(names)} tensors, {names[0]!r} among them"
    return (f"Left out, as outside of the network: {what}.",)


def _settings(
    shapes: Mapping[str, tuple[int, ...]], stem: tuple[int, ...], blocks: list[int], pre_activation: bool
) -> dict[str, object]:
    if pre_activation and len(blocks) == 3:
        factor, rest = divmod(shapes["layer2.0.conv1.weight"][0], 32)
        if len(set(blocks)) > 1 or rest or not factor or stem[0] != 16:
            raise AncraError(f"{_UNKNOWN}: a WideResNet has as many blocks in each stage, of 16, 32 and 64 K channels.")
        return {"architecture": "wide_resnet", "depth": 6 * blocks[0] + 4, "widen_factor": factor}
    bottlenecks = "layer1.0.conv3.weight" in shapes
    small = "small_resnet" if stem[2] == 3 else "strided_resnet"
    deep = "resnet50" if bottlenecks else "resnet34" if blocks == _BLOCKS["resnet34"] else "resnet18"
    architecture = "preact_resnet18" if pre_activation else deep if len(blocks) == 4 else small
    if blocks != _BLOCKS[architecture] or (bottlenecks and architecture != "resnet50"):
        counts = ", ".join(map(str, blocks))
        kind = "bottleneck " if bottlenecks else ""
        raise AncraError(f"{_UNKNOWN}: they are of a residual network with stages of {counts} {kind}blocks.")
    standard = _STANDARD_WIDTHS.get(architecture, 64)
    return {"architecture": architecture, "width": None if stem[0] == standard else stem[0]}


def _elsewhere(tensors: Mapping[str, Tensor]) -> Recognised | None:
    """A network of torchvision, or VGG as on CIFAR, that has just these tensors."""
    weights, _ = without_normaliser(tensors)
    channels, classes = image_channels(weights), class_count(weights)
    if channels not in (1, 3) or classes < 2:
        return None
    # What lies beside the network in a table, as a loss with weights, is not counted with it.
    tops = {key.partition(".")[0] for key in weights if _HEAD_LAYER.search(key)}
    parts = [{key: one for key, one in weights.items() if key.startswith(f"{top}.")} for top in sorted(tops)]
    found = dict.fromkeys(name for part in (weights, *parts) for name in _candidates(part, channels, classes))
    for name in found:
        settings = ModelSettings(architecture=name)
        fitted = fit(tensors, tensor_shapes(settings, (channels, 64, 64), classes))
        if fitted is not None:
            said = [f"Every tensor has the name's end and the shape that {name} gives it."]
            if fitted.prefix:
                said.append(f"The names begin with {fitted.prefix!r}, which was taken off.")
            if fitted.mean is not None:
                said.append("Mean and deviation were taken over from the normaliser in the file.")
                settings = settings.with_changes(mean=fitted.mean, std=fitted.std)
            return Recognised(settings, channels, classes, tuple(said), _left_out(fitted.aside))
    return None


def _candidates(weights: Mapping[str, Tensor], channels: int, classes: int) -> Iterator[str]:
    """Names that may fit: those of torchvision by their published number of weights, for 1,000 classes and colour."""
    if sum(bool(re.search(r"(?:^|\.)features\.\d+\.weight$", key)) for key in weights) > 8:
        yield from ("vgg11", "vgg13", "vgg16", "vgg19")
    head, stem = head_of(weights), stem_of(weights)
    if head is None or stem is None:
        return
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    count = sum(tensor.numel() for key, tensor in weights.items() if not key.endswith(statistics))
    count += (1000 - classes) * (head[0].numel() + 1) + (3 - channels) * stem[:, 0].numel()
    yield from (f"torchvision:{name}" for name, held in torchvision_parameters().items() if held == count)


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
