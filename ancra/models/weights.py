"""Weights from a file into a model: every tensor is compared before any memory is spent on it."""

from pathlib import Path

import torch
from torch import Tensor

from ancra.errors import AncraError
from ancra.models.classifier import Classifier, ImageShape
from ancra.models.fitting import Fitted, fit
from ancra.models.foreign import NETWORK, ForeignClassifier
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.models.spellings import Spelled, in_our_names
from ancra.models.weight_files import read_weights


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
        if needed[key].is_floating_point() and not tensors[key].is_floating_point():
            kind = str(tensors[key].dtype).removeprefix("torch.")
            raise AncraError(
                f"{source} does not hold {what}: {key!r} is in {kind}, and weights are real numbers with fractions: "
                "bring those from before they were quantised or packed."
            )
    held = {key: tensors[key].to(needed[key].dtype, copy=True) for key in needed}
    if isinstance(model, ForeignClassifier):
        # Its own code may have made tensors that no file holds, and that an empty network lacks.
        with torch.random.fork_rng(devices=[]):
            model = build_model(settings, image_shape, classes)
        model.load_state_dict(held)
    else:
        model.load_state_dict(held, assign=True)
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
    empty = _without_memory(settings, image_shape, classes)
    if not tensors.keys() <= empty.state_dict().keys():
        spelled: Spelled | Fitted | None = None
        if isinstance(empty, ForeignClassifier):
            spelled = fit(tensors, tensor_shapes(settings, image_shape, classes))
        else:
            spelled = in_our_names(tensors)
        if spelled is not None and spelled.mean is not None and _normalisation(spelled) != _normalisation(settings):
            raise AncraError(
                f"{source} holds a normaliser of its own: set model.mean to {list(spelled.mean)} and model.std to "
                f"{list(spelled.std or ())}."
            )
        start = NETWORK if isinstance(empty, ForeignClassifier) else ""
        tensors = {start + name: tensor for name, tensor in (spelled.tensors if spelled else tensors).items()}
    return model_with_weights(settings, image_shape, classes, tensors, source)


def tensor_shapes(settings: ModelSettings, image_shape: ImageShape, classes: int) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of a network by the names that its own code gives them. Raises AncraError."""
    state = _without_memory(settings, image_shape, classes).state_dict()
    return {name.removeprefix(NETWORK): tuple(tensor.shape) for name, tensor in state.items()}


def _normalisation(of: Spelled | Fitted | ModelSettings) -> tuple[object, object]:
    return of.mean, of.std


def _without_memory(settings: ModelSettings, image_shape: ImageShape, classes: int) -> Classifier:
    """The model with empty weights: it costs no memory and draws no random number, whatever the settings ask for."""
    try:
        with torch.device("meta"):
            return build_model(settings, image_shape, classes)
    except (NotImplementedError, RuntimeError):
        # Code from elsewhere may read numbers while it builds, which an empty tensor has not.
        with torch.random.fork_rng(devices=[]):
            return build_model(settings, image_shape, classes)
