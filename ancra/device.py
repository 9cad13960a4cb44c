"""Which device computes, and with how many threads."""

import torch
from torch import nn

from ancra.environment import THREADS
from ancra.errors import AncraError, unknown_name


def resolve_device(name: str = "auto") -> torch.device:
    """The device named ``auto`` (a GPU when there is one), ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Raises:
        AncraError: the name is unknown, or this machine has no such device.
    """
    kind = name.partition(":")[0]
    if kind == "auto":
        kind = name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if kind not in available:
        raise unknown_name("device", name, ["auto", *available])
    if not available[kind]:
        raise AncraError(f"This machine has no {kind} device that PyTorch can use; choose the device cpu or auto.")
    device = torch.device(name)
    if device.index is not None and kind == "cuda" and device.index >= torch.cuda.device_count():
        raise AncraError(f"There is no device {name}: this machine has {torch.cuda.device_count()} CUDA devices.")
    return device


def device_of(model: nn.Module) -> torch.device:
    """Where a model's tensors are; the CPU for a model that has none."""
    for tensor in (*model.parameters(), *model.buffers()):
        return tensor.device
    return torch.device("cpu")


def limit_threads(count: int | None = None) -> None:
    """Set the CPU threads of torch: ``count``, or ``$ANCRA_THREADS``, or torch's own choice. Raises AncraError."""
    wanted = THREADS.read(0) if count is None else count
    if wanted > 0:
        torch.set_num_threads(wanted)
