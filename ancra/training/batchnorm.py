"""BatchNorm's running statistics, for a batch that is computed in parts or by several processes."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class RunningStatistics:
    """Moves the running statistics once a batch, by the mean over its parts, each from where the batch began.

    Left alone, every part would move them as much as a whole batch does.
    """

    def __init__(self, model: nn.Module) -> None:
        norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
        self.moving = [buffer for norm in norms for buffer in norm.buffers() if buffer.is_floating_point()]
        self.counters = [buffer for norm in norms for buffer in norm.buffers() if not buffer.is_floating_point()]
        self._before: list[Tensor] = []
        self._mean: list[Tensor] = []

    @torch.no_grad()
    def begin(self) -> None:
        """Remember them as they are before a batch."""
        self._before = [buffer.clone() for buffer in (*self.moving, *self.counters)]
        self._mean = [torch.zeros_like(buffer) for buffer in self.moving]

    def begin_again(self) -> None:
        """Go back to how they were, and forget what was counted."""
        self.reset()
        self._mean = [torch.zeros_like(buffer) for buffer in self.moving]

    @torch.no_grad()
    def reset(self) -> None:
        """Go back to how they were, for the next part."""
        for buffer, before in zip((*self.moving, *self.counters), self._before, strict=True):
            buffer.copy_(before)

    @torch.no_grad()
    def add(self, share: float) -> None:
        """Count what they are now for a share of the batch."""
        for mean, buffer in zip(self._mean, self.moving, strict=True):
            mean.add_(buffer, alpha=share)

    @torch.no_grad()
    def finish(self) -> None:
        """Set them to what was counted: their mean, or, of several processes, this one's share of it."""
        for buffer, mean in zip(self.moving, self._mean, strict=True):
            buffer.copy_(mean)
