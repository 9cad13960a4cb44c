"""The strided 1x1 convolution of a block's shortcut."""

from torch import Tensor, nn

NARROW = 8


class Shortcut(nn.Sequential):
    """A 1x1 convolution with a stride, and what follows it.

    For fewer than eight channels the stride is taken before the convolution: oneDNN's kernel for AVX2 writes past its
    memory there (https://github.com/uxlfoundation/oneDNN/issues/6035).
    """

    def __init__(self, channels_in: int, channels: int, stride: int, *after: nn.Module) -> None:
        before = stride if channels_in < NARROW else 1
        super().__init__(nn.Conv2d(channels_in, channels, 1, stride // before, bias=False), *after)
        self.before = before

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, channels, H / stride, W / stride), of any sign."""
        return super().forward(maps if self.before == 1 else maps[..., :: self.before, :: self.before])
