"""The processes that train one run together: one, unless torchrun started more."""

import logging
import os
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor

from ancra.device import resolve_device
from ancra.environment import HERE, MACHINES
from ancra.errors import AncraError
from ancra.recipe import Recipe

T = TypeVar("T")
PATIENCE = timedelta(hours=1)  # for which the others wait while the first one validates or maps


def launched_by_torchrun() -> bool:
    """Whether torchrun started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_helper() -> bool:
    """Whether this process only helps one that keeps the run's files."""
    return launched_by_torchrun() and os.environ.get("RANK", "0") != "0"


class Processes:
    """This process among those that train one run (Lightning Fabric connects them).

    Attributes:
        count, rank: how many there are, and which one this is; 0 keeps the run's files.
        device: what this process computes on.

    Raises:
        AncraError: the device is not there, or cannot be used by several processes.
    """

    def __init__(self, recipe: Recipe) -> None:
        from lightning_fabric import Fabric
        from lightning_fabric.plugins.environments import LightningEnvironment, TorchElasticEnvironment
        from lightning_fabric.strategies import DDPStrategy

        # Its notes on devices and precision say nothing that the run's log does not; importing it sets the level too.
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        device = resolve_device(recipe.device)
        options: dict[str, Any] = {"accelerator": device.type, "precision": recipe.precision}
        if not launched_by_torchrun():
            devices = [device.index] if device.index is not None and device.type == "cuda" else 1
            self.fabric = Fabric(devices=devices, plugins=[LightningEnvironment()], **options)
        else:
            here = HERE.read(1)
            there = torch.cuda.device_count() if device.type == "cuda" else here
            if device.type not in ("cpu", "cuda") or here > there:
                raise AncraError(
                    f"torchrun started {here} processes on this machine, which has {there} devices for them: "
                    "start as many as there are GPUs, or choose device cpu."
                )
            self.fabric = Fabric(
                devices=here,
                num_nodes=MACHINES.read(1),
                strategy=DDPStrategy(timeout=PATIENCE),
                plugins=[TorchElasticEnvironment()],
                **options,
            )
            self.fabric.launch()
        self.count, self.rank, self.device = self.fabric.world_size, self.fabric.global_rank, self.fabric.device

    @property
    def is_main(self) -> bool:
        """Whether this is the process that validates, logs and writes files."""
        return self.rank == 0

    def sum(self, tensors: Iterable[Tensor]) -> None:
        """Replace tensors of one number format by their sums over the processes."""
        tensors = list(tensors)
        if self.count == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        torch.distributed.all_reduce(flat)
        for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view(tensor.shape))

    def broadcast(self, value: T) -> T:
        """What the first process was given."""
        return value if self.count == 1 else self.fabric.broadcast(value)

    def total(self, values: dict[str, float]) -> dict[str, float]:
        """Numbers by name, summed over the processes that have them."""
        if self.count == 1:
            return values
        found: list[Any] = [None] * self.count
        torch.distributed.all_gather_object(found, values)
        names = dict.fromkeys(name for one in found for name in one)
        return {name: sum(one.get(name, 0.0) for one in found) for name in names}

    def shutdown(self) -> None:
        """Take leave of the others."""
        if self.count > 1:
            torch.distributed.destroy_process_group()
