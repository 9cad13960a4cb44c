"""ResNets with pre-activation blocks (He et al. 2016b): PreActResNet-18, and the base of WideResNet."""

import torch.nn.functional as F
from torch import Tensor, nn

from ancra.models.classifier import ImageShape, refuse, require_blocks
from ancra.models.settings import ModelSettings
from ancra.models.shortcut import Shortcut
from ancra.models.staged import StagedClassifier


class PreActBlock(nn.Module):
    """BatchNorm and ReLU in front of each of two 3x3 convolutions; a shortcut convolution when the shape changes."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.shortcut: Shortcut | None = None
        if stride != 1 or channels_in != channels:
            self.shortcut = Shortcut(channels_in, channels, stride)

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, channels, H / stride, W / stride), of any sign."""
        active = F.relu(self.bn1(maps))
        # The shortcut convolution starts from the activated map, the plain shortcut from the map itself.
        through = maps if self.shortcut is None else self.shortcut(active)
        return self.conv2(F.relu(self.bn2(self.conv1(active)))) + through


class PreActResNet(StagedClassifier):
    """Stages of pre-activation blocks; each stage but the first halves the map.

    The one final BatchNorm and ReLU follow each reverse-attention block, or the last block where there is none.

    Args:
        stem: channels of the first convolution.
        widths: channels of each stage.
        blocks: number of blocks a stage.
        cells: the pooling grid in front of the classifier.
    """

    def __init__(
        self,
        settings: ModelSettings,
        image_shape: ImageShape,
        classes: int,
        stem: int,
        widths: tuple[int, ...],
        blocks: int,
        cells: tuple[int, int] = (1, 1),
    ) -> None:
        require_blocks(settings, blocks)
        super().__init__(settings, image_shape, classes, 2 ** (len(widths) - 1), cells)
        self.conv1 = nn.Conv2d(image_shape[0], stem, 3, padding=1, bias=False)
        self.make_stages(PreActBlock, stem, widths, [blocks] * len(widths))
        self.bn = nn.BatchNorm2d(widths[-1])
        self.linear = nn.Linear(widths[-1] * cells[0] * cells[1], classes)

    @property
    def head(self) -> nn.Linear:
        """The linear classifier."""
        return self.linear

    def trunk(self, images: Tensor) -> Tensor:
        """Everything before the last stage."""
        return self.before_last_stage(self.conv1(images))

    def finish(self, maps: Tensor) -> Tensor:
        """The final BatchNorm and ReLU."""
        return F.relu(self.bn(maps))


def preact_resnet18(settings: ModelSettings, image_shape: ImageShape, classes: int) -> PreActResNet:
    """PreActResNet-18: four stages of two blocks, 64 channels at first (docs/method.md, section 1).

    It pools 4x4 pixels of the last map: 1x1 cell for images of 32x32, 2x2 for 64x64. Larger images keep 2 cells a side,
    so that the classifier does not grow with them.
    """
    refuse(settings, "depth", "widen_factor")
    width = settings.width or 64
    rows, columns = (min(max(side // 32, 1), 2) for side in image_shape[1:])
    widths = tuple(width * 2**stage for stage in range(4))
    return PreActResNet(settings, image_shape, classes, width, widths, blocks=2, cells=(rows, columns))
