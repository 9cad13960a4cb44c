"""The settings of a model: with them alone an empty model of the right shape can be built."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ancra.settings import Settings

Architecture = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?$", max_length=100)]
"""A name as `ancra list models` shows it: of this project or a plugin, or of another library: ``torchvision:vgg16``."""


class ModelSettings(Settings):
    """Which network. The number of classes and the image shape come from the dataset."""

    architecture: Architecture = Field(
        "small_resnet",
        description="The backbone: a name from `ancra list models`, `torchvision:NAME`, `timm:NAME`, or "
        "`module:function` of a plugin.",
    )
    reverse_attention_blocks: Literal[0, 1, 2] = Field(
        0, description="How many of the last blocks carry reverse attention: 0 for none; 2 as published."
    )
    width: int | None = Field(
        None, ge=1, le=1024, description="Channels of the first stage; empty for the architecture's own."
    )
    depth: int | None = Field(
        None, ge=10, le=100, description="WideResNet only: its depth D, with (D - 4) a multiple of 6."
    )
    widen_factor: int | None = Field(None, ge=1, le=20, description="WideResNet only: its widening factor K.")
    mean: tuple[float, ...] | None = Field(
        None, description="Per-channel mean subtracted inside the model; empty for none."
    )
    std: tuple[float, ...] | None = Field(
        None, description="Per-channel standard deviation divided by inside the model."
    )
