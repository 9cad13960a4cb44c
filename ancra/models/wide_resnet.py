"""WideResNet-D-K (Zagoruyko and Komodakis 2016)."""

import math
import re

from torch import nn

from ancra.errors import AncraError
from ancra.models.classifier import ImageShape, refuse
from ancra.models.preact_resnet import PreActResNet
from ancra.models.settings import ModelSettings


class WideResNet(PreActResNet):
    """Three stages of (D - 4) / 6 pre-activation blocks with 16K, 32K and 64K channels, pooled to one cell.

    Args:
        settings: ``depth`` D (34 when empty) and ``widen_factor`` K (10 when empty).

    Raises:
        AncraError: for a depth with (D - 4) not a multiple of 6.
    """

    def __init__(self, settings: ModelSettings, image_shape: ImageShape, classes: int) -> None:
        refuse(settings, "width")
        depth, factor = settings.depth or 34, settings.widen_factor or 10
        if (depth - 4) % 6 != 0:
            raise AncraError(f"model.depth = {depth} does not work: (depth - 4) must be a multiple of 6, as in 28.")
        widths = (16 * factor, 32 * factor, 64 * factor)
        super().__init__(settings, image_shape, classes, stem=16, widths=widths, blocks=(depth - 4) // 6)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
                nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
        nn.init.zeros_(self.linear.bias)

    @staticmethod
    def reference_key(key: str) -> str | None:
        """Our name of a tensor of the reference; its second first stage (``sub_block1``) is never used."""
        if key.startswith("sub_block1."):
            return None
        key = re.sub(r"^block(\d)\.layer\.", r"layer\1.", key).replace(".convShortcut.", ".shortcut.0.")
        return re.sub(r"^fc\.", "linear.", re.sub(r"^bn1\.", "bn.", key))
