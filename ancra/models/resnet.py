"""ResNet (He et al. 2016a) in its form for small images: a 3x3 stem, no pooling before the blocks."""

import torch.nn.functional as F
from torch import Tensor, nn

from ancra.models.classifier import ImageShape, refuse, require_blocks
from ancra.models.settings import ModelSettings
from ancra.models.shortcut import Shortcut
from ancra.models.staged import StagedClassifier


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut; the activation comes after the sum."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.shortcut = Shortcut(channels_in, channels, stride, nn.BatchNorm2d(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, channels, H / stride, W / stride), not negative."""
        inner = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(maps)))))
        return F.relu(inner + self.shortcut(maps))


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, of a quarter of the channels; the 3x3 one takes the stride."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        inner = channels // 4
        self.conv1 = nn.Conv2d(channels_in, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.shortcut = Shortcut(channels_in, channels, stride, nn.BatchNorm2d(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, channels, H / stride, W / stride), not negative."""
        inner = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(maps))))))
        return F.relu(self.bn3(self.conv3(inner)) + self.shortcut(maps))


class ResNet(StagedClassifier):
    """Stages of blocks; each stage but the first halves the map and doubles the channels.

    Args:
        blocks: the number of blocks of each stage.
        width: channels of the stem; the first stage gives as many, four times as many with bottlenecks.
        stem_stride: 2 for a stem of 5x5 that halves the map, which makes everything after it four times cheaper.
    """

    def __init__(
        self,
        settings: ModelSettings,
        image_shape: ImageShape,
        classes: int,
        blocks: tuple[int, ...],
        width: int,
        stem_stride: int = 1,
        bottlenecks: bool = False,
    ) -> None:
        refuse(settings, "depth", "widen_factor")
        require_blocks(settings, blocks[-1])
        super().__init__(settings, image_shape, classes, stride=stem_stride * 2 ** (len(blocks) - 1))
        side = 2 * stem_stride + 1
        self.conv1 = nn.Conv2d(image_shape[0], width, side, stem_stride, padding=stem_stride, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        widths = [width * 2**stage * (4 if bottlenecks else 1) for stage in range(len(blocks))]
        self.make_stages(Bottleneck if bottlenecks else BasicBlock, width, widths, blocks)
        self.fc = nn.Linear(widths[-1], classes)

    @property
    def head(self) -> nn.Linear:
        """The linear classifier."""
        return self.fc

    def trunk(self, images: Tensor) -> Tensor:
        """Everything before the last stage."""
        return self.before_last_stage(F.relu(self.bn1(self.conv1(images))))


def resnet18(settings: ModelSettings, image_shape: ImageShape, classes: int) -> ResNet:
    """ResNet-18 as on CIFAR: four stages of two blocks, 64 channels at first (docs/method.md, section 1)."""
    return ResNet(settings, image_shape, classes, blocks=(2, 2, 2, 2), width=settings.width or 64)


def resnet34(settings: ModelSettings, image_shape: ImageShape, classes: int) -> ResNet:
    """ResNet-34 as on CIFAR: stages of 3, 4, 6 and 3 blocks, 64 channels at first."""
    return ResNet(settings, image_shape, classes, blocks=(3, 4, 6, 3), width=settings.width or 64)


def resnet50(settings: ModelSettings, image_shape: ImageShape, classes: int) -> ResNet:
    """ResNet-50 as on CIFAR: stages of 3, 4, 6 and 3 bottleneck blocks, 64 channels at first."""
    return ResNet(settings, image_shape, classes, blocks=(3, 4, 6, 3), width=settings.width or 64, bottlenecks=True)


def small_resnet(settings: ModelSettings, image_shape: ImageShape, classes: int) -> ResNet:
    """A small ResNet for tiny images: stages of 1, 1 and 2 blocks, 12 channels at first, about 85,000 parameters."""
    return ResNet(settings, image_shape, classes, blocks=(1, 1, 2), width=settings.width or 12)


def strided_resnet(settings: ModelSettings, image_shape: ImageShape, classes: int) -> ResNet:
    """The small ResNet with a stem of 5x5 and stride 2: about 2 million multiplications an image of 28 x 28 pixels."""
    return ResNet(settings, image_shape, classes, blocks=(1, 1, 2), width=settings.width or 12, stem_stride=2)
