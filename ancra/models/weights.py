"""Weights from a file into a model: every tensor is compared before any memory is spent on it."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ancra import limits
from ancra.errors import AncraError
from ancra.models.classifier import Classifier, ImageShape
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.models.spellings import in_our_names

_WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights")


def model_with_weights(
    settings: ModelSettings, image_shape: ImageShape, classes: int, tensors: dict[str, Tensor], source: str
) -> Classifier:
    """A model, in evaluation mode and its own number format, with copies of these weights.

    Args:
        settings: which network. image_shape: (C, H, W). classes: number of classes.
        tensors: by our names; counters of BatchNorm may be missing.
        source: where they come from, for messages.

    Raises:
        AncraError: when a tensor is missing, has no place or another shape; the message names it.
    """
    model = _without_memory(settings, image_shape, classes)
    needed = model.state_dict()
    # Old weight files have no counters of batches; they play no part at test time.
    counters = {key: torch.tensor(0) for key in needed if key.endswith("num_batches_tracked")}
    tensors = {**counters, **tensors}
    what = f"a {settings.architecture} for {classes} classes and images of {tuple(image_shape)}"
    for key in sorted(needed.keys() | tensors.keys()):
        if key not in tensors:
            raise AncraError(f"{source} does not hold {what}: the tensor {key!r} is missing.")
        if key not in needed:
            raise AncraError(f"{source} does not hold {what}: the tensor {key!r} has no place in it.")
        found, expected = tuple(tensors[key].shape), tuple(needed[key].shape)
        if found != expected:
            raise AncraError(f"{source} does not hold {what}: {key!r} has shape {found} instead of {expected}.")
    model.load_state_dict({key: tensors[key].to(needed[key].dtype, copy=True) for key in needed}, assign=True)
    return model.eval()


def load_reference_weights(
    path: Path | str, settings: ModelSettings, image_shape: ImageShape, classes: int
) -> Classifier:
    """A model, in evaluation mode, with weights made by the paper's reference (docs/method.md, section 1).

    Args:
        path: a ``.pt`` or ``.pth`` file with a state dict, bare or under a usual key; read without running any code
            that it may carry.
        settings: the architecture that the weights belong to. image_shape: (C, H, W). classes: number of classes.

    Raises:
        AncraError: for a missing, damaged or unsafe file, or weights that do not fit; the message names the tensor.
    """
    return reference_model(read_weights(path), settings, image_shape, classes, str(path))


def reference_model(
    tensors: dict[str, Tensor], settings: ModelSettings, image_shape: ImageShape, classes: int, source: str
) -> Classifier:
    """As ``load_reference_weights``, from tensors that were read already; ``source`` is for messages."""
    needed = _without_memory(settings, image_shape, classes).state_dict().keys()
    if not tensors.keys() <= needed:
        spelled = in_our_names(tensors)
        if spelled.mean is not None and (spelled.mean, spelled.std) != (settings.mean, settings.std):
            raise AncraError(
                f"{source} holds a normaliser of its own: set model.mean to {list(spelled.mean)} and model.std to "
                f"{list(spelled.std or ())}."
            )
        tensors = spelled.tensors
    return model_with_weights(settings, image_shape, classes, tensors, source)


def read_weights(path: Path | str) -> dict[str, Tensor]:
    """The tensors of a ``.pt`` or ``.pth`` file by name, without running any code that it may carry.

    Raises:
        AncraError: for a missing, damaged or unsafe file, or one without a state dict.
    """
    path = Path(path)
    if not path.is_file():
        raise AncraError(f"There is no weight file {path}.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch raises whatever a damaged or hostile file provokes
        raise AncraError(f"{path} cannot be read safely: it is damaged, or holds more than tensors.") from None
    return _state_dict(content, path)


def _without_memory(settings: ModelSettings, image_shape: ImageShape, classes: int) -> Classifier:
    """The model with empty weights: it costs no memory and draws no random number, whatever the settings ask for."""
    with torch.device("meta"):
        return build_model(settings, image_shape, classes)


def _state_dict(content: Any, path: Path) -> dict[str, Tensor]:
    for _ in range(3):
        if not isinstance(content, dict):
            break
        wrapped = [content[key] for key in _WRAPPERS if isinstance(content.get(key), dict)]
        if not wrapped:
            break
        content = wrapped[0]
    if not isinstance(content, dict) or not content:
        raise AncraError(f"{path} holds no state dict: a table of tensors by name is expected.")
    dense = 0
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor) or not _is_plain(value):
            raise AncraError(f"{path} holds no state dict: its entry {str(key)[:80]!r} is not a plain tensor.")
        dense += value.numel() * value.element_size()
    if dense > limits.DENSE_RATIO * path.stat().st_size + 2**20:
        raise AncraError(f"{path} holds tensors that are far larger than the file: it is not read.")
    return content


def _is_plain(tensor: Tensor) -> bool:
    """Whether a tensor is numbers in memory, one after another."""
    return tensor.layout == torch.strided and not (tensor.is_quantized or tensor.is_meta or tensor.is_nested)
