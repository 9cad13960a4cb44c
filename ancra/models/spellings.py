"""Weights of residual networks in other people's spellings, by our names: prefix, head, shortcuts, normaliser."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ancra.errors import AncraError
from ancra.models.wide_resnet import WideResNet

_HEAD = re.compile(r"^(?:fc|linear|classifier|head)(?:\.\d+)?\.(weight|bias)$")
_NORMALISER = re.compile(r"(?:^|\.)(mean|mu|std|sigma)$")
_AVERAGE = re.compile(r"ema|average|swa|teacher|shadow", re.IGNORECASE)
_BOOKKEEPING = re.compile(r"(?:^|\.)n_averaged$")  # torch's AveragedModel counts its models in it


@dataclass(frozen=True)
class Spelled:
    """A table of weights by our names.

    Attributes:
        tensors: by our names; without a normaliser, and without what is no weight.
        prefix: what stood before the names of the network, such as ``module.model.``; empty for nothing.
        pre_activation: whether BatchNorm stands in front of the convolutions, by the shapes of the first block that
            changes the number of channels; None where there is no such block.
        mean, std: of the normaliser in the file, one number a channel; None where there is none.
        aside: the names of tensors outside of the network, as of a loss or of a second network.
    """

    tensors: dict[str, Tensor]
    prefix: str
    pre_activation: bool | None
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    aside: tuple[str, ...] = ()


def in_our_names(tensors: Mapping[str, Tensor]) -> Spelled:
    """The same weights by our names; a name that has no place in a residual network stays as it is.

    Raises:
        AncraError: two tensors get one name, or a normaliser is incomplete or not for pixels in [0, 1].
    """
    starts = {found[1] for key in tensors if (found := re.match(r"^((?:.*?\.)?)(?:layer1|block1)\.", key))}
    prefix = chief(starts)
    weights, normaliser = without_normaliser(tensors)
    aside = _outside(weights, prefix) if prefix is not None else ()
    prefix = prefix or min(starts, key=len, default="")
    weights = {key: tensor for key, tensor in weights.items() if key not in aside}
    named: dict[str, Tensor] = {}
    for key, tensor in weights.items():
        _put(named, key.removeprefix(prefix), tensor)
    if any(key.startswith("block1.") for key in named):
        named = {name: one for key, one in named.items() if (name := WideResNet.reference_key(key)) is not None}
    pre_activation = _pre_activation(named)
    heads = sum(found[1] == "weight" for key in named if (found := _HEAD.match(key)))
    ours: dict[str, Tensor] = {}
    for key, tensor in named.items():
        # A head of several layers is none of ours: its names stay.
        own = key if heads > 1 and _HEAD.match(key) else _our_key(key, pre_activation, "bn.weight" in named)
        _put(ours, own, tensor)
    mean, std = normalisation(normaliser, ours.get("conv1.weight"))
    return Spelled(ours, prefix, pre_activation, mean, std, aside)


def chief(prefixes: Iterable[str]) -> str | None:
    """Which of several copies of a network is meant: the one that is no running average; None where it is not told."""
    own = {start for start in prefixes if not _AVERAGE.search(start)} or set(prefixes)
    return own.pop() if len(own) == 1 else None


def _outside(weights: Mapping[str, Tensor], prefix: str) -> tuple[str, ...]:
    """The names without a prefix, where a head stands behind it: then the network is whole without them."""
    if not any(_HEAD.match(key.removeprefix(prefix)) for key in weights if key.startswith(prefix)):
        return ()
    return tuple(key for key in weights if not key.startswith(prefix))


def without_normaliser(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights by their own names, and the ``mean`` and ``std`` of a normaliser in the file. Raises AncraError."""
    weights: dict[str, Tensor] = {}
    normaliser: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        if _BOOKKEEPING.search(key):
            continue
        if found := _NORMALISER.search(key):
            _put(normaliser, {"mu": "mean", "sigma": "std"}.get(found[1], found[1]), tensor)
        else:
            weights[key] = tensor
    return weights, normaliser


def normalisation(
    found: Mapping[str, Tensor], stem: Tensor | None
) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    """Mean and deviation, one number a channel of the first convolution; None for none. Raises AncraError."""
    if not found:
        return None, None
    if found.keys() != {"mean", "std"}:
        raise AncraError("These weights hold half of a normaliser: both its mean and its deviation are needed.")
    channels = stem.shape[1] if stem is not None and stem.dim() == 4 else found["mean"].numel()
    # The shortest decimals that are the same number in fp32: 0.4914, not 0.49140000343.
    mean, std = ([float(str(np.float32(one))) for one in found[name].flatten()] for name in ("mean", "std"))
    if (
        {len(mean), len(std)} - {1, channels}
        or not all(0 <= one <= 1 for one in mean)
        or not all(0 < one <= 1 for one in std)
    ):
        raise AncraError("The normaliser in these weights is not one for pixels from 0 to 1, one number a channel.")
    return tuple(mean * (channels // len(mean))), tuple(std * (channels // len(std)))


def _put(table: dict[str, Tensor], key: str, tensor: Tensor) -> None:
    if key in table:
        raise AncraError(f"These weights hold two tensors for {key!r}: save the state dict of one network alone.")
    table[key] = tensor


def _pre_activation(named: Mapping[str, Tensor]) -> bool | None:
    convolution, norm = named.get("layer2.0.conv1.weight"), named.get("layer2.0.bn1.weight")
    if convolution is None or norm is None or convolution.dim() != 4 or norm.dim() != 1:
        return None
    after, before = convolution.shape[:2]
    return None if before == after else norm.shape[0] == before


def _our_key(key: str, pre_activation: bool | None, has_final: bool) -> str:
    key = key.replace(".downsample.", ".shortcut.")
    if pre_activation is None:
        return key
    if pre_activation and not has_final:
        key = re.sub(r"^bn1\.", "bn.", key)
    return _HEAD.sub(r"linear.\1" if pre_activation else r"fc.\1", key)
