"""The settings of a model: with them alone an empty model of the right shape can be built."""

from typing import Literal

from pydantic import Field

from ancra.settings import Settings

Architecture = Literal["small_resnet", "strided_resnet", "resnet18", "preact_resnet18", "wide_resnet"]


class ModelSettings(Settings):
    """Which network. The number of classes and the image shape come from the dataset."""

    architecture: Architecture = Field("small_resnet", description="The backbone.")
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
