"""Weights of a network that was written elsewhere, by its own names: whatever stands before them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from ancra.models.spellings import chief, normalisation, without_normaliser

Shape = tuple[int, ...]
_COUNTER = "num_batches_tracked"
_HEAD = re.compile(r"(?:^|\.)(?:fc|linear|classifier|heads?|last_linear|logits|output)(?:\.\w+)*\.weight$")


@dataclass(frozen=True)
class Fitted:
    """A table of weights by the names of a network.

    Attributes:
        tensors: by the network's names; counters of BatchNorm may be missing.
        prefix: what stood before the names, such as ``module.model.``; empty for nothing.
        mean, std: of a normaliser in the file, one number a channel; None where there is none.
        aside: the names of tensors outside of the network, as of a loss or of a second network.
    """

    tensors: dict[str, Tensor]
    prefix: str
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    aside: tuple[str, ...] = ()


def fit(tensors: Mapping[str, Tensor], needed: Mapping[str, Shape]) -> Fitted | None:
    """The tensors by the names of a network, whose tensors have these shapes; None where they are of another one.

    Raises:
        AncraError: a normaliser in the file is incomplete or not for pixels in [0, 1].
    """
    weights, normaliser = without_normaliser(tensors)
    wanted = {name: shape for name, shape in needed.items() if not name.endswith(_COUNTER)}
    for theirs in (weights, {key.replace(".shortcut.", ".downsample."): one for key, one in weights.items()}):
        first = next(iter(wanted), "")
        found: dict[str, dict[str, Tensor]] = {}
        for prefix in dict.fromkeys(key.removesuffix(first) for key in theirs if key.endswith(first)):
            named = {key.removeprefix(prefix): tensor for key, tensor in theirs.items() if key.startswith(prefix)}
            named = _with_its_head(named, wanted)
            if {name: tuple(one.shape) for name, one in named.items() if not name.endswith(_COUNTER)} == wanted:
                found[prefix] = {name: named[name] for name in needed if name in named}
        whole = chief(found)
        if whole is not None:
            ours, aside = found[whole], tuple(key for key in theirs if not key.startswith(whole))
            return Fitted(ours, whole, *normalisation(normaliser, stem_of(ours)), aside)
    return None


def stem_of(tensors: Mapping[str, Tensor]) -> Tensor | None:
    """The first convolution: one of three channels, else of one, else the first; files may be sorted by name."""
    maps = [tensor for tensor in tensors.values() if tensor.dim() == 4]
    colour, grey = ([one for one in maps if one.shape[1] == channels] for channels in (3, 1))
    return next(iter([*colour, *grey, *maps]), None)


def head_of(tensors: Mapping[str, Tensor]) -> Tensor | None:
    """The matrix (or 1x1 convolution) that gives the logits: the last of a usual name, least deep; else the last."""
    matrices = {key: one for key, one in tensors.items() if _is_matrix(one)}
    named = sorted(filter(_HEAD.search, matrices), key=lambda key: (-key.count("."), _natural(key)))
    return matrices[named[-1]] if named else next(reversed(matrices.values()), None)


def one_output(tensors: Mapping[str, Tensor]) -> str | None:
    """The name of the matrix that gives the logits, where it gives one number an image."""
    head = head_of({key: tensor for key, tensor in tensors.items() if _HEAD.search(key)})
    if head is None or len(head) != 1:
        return None
    return next(key for key, tensor in tensors.items() if tensor is head)


def image_channels(tensors: Mapping[str, Tensor]) -> int:
    """Channels of the images, by the first convolution; 3 where there is none."""
    stem = stem_of(tensors)
    return 3 if stem is None else int(stem.shape[1])


def class_count(tensors: Mapping[str, Tensor]) -> int:
    """The number of classes, by the matrix that gives the logits; 2 where there is none."""
    head = head_of(tensors)
    return 2 if head is None else int(head.shape[0])


def _natural(key: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in key.split(".")]


def _is_matrix(tensor: Tensor) -> bool:
    return tensor.dim() == 2 or (tensor.dim() == 4 and tuple(tensor.shape[2:]) == (1, 1))


def _with_its_head(named: dict[str, Tensor], wanted: Mapping[str, Shape]) -> dict[str, Tensor]:
    """A head of another name (``linear``, ``fc.1``) by the network's own: the one pair that is left over."""
    missing = [name for name in wanted if name not in named]
    over = [name for name in named if name not in wanted and not name.endswith(_COUNTER)]
    if len(missing) != len(over) or not 1 <= len(over) <= 2:
        return named
    ends = [re.sub(r".*\.", "", name) for name in (*missing, *over)]
    if sorted(ends[: len(missing)]) != sorted(ends[len(missing) :]):
        return named
    new = {old: name for name in missing for old in over if old.rpartition(".")[2] == name.rpartition(".")[2]}
    return {new.get(name, name): tensor for name, tensor in named.items()}
