"""The settings of an attribution."""

from typing import Literal

from pydantic import Field

from ancra.settings import Settings

Head = Literal["final", "first", "last"]

HEADS: dict[Head, str] = {
    "final": "p' (final logits)",
    "first": "p (first auxiliary logits)",
    "last": "p (last auxiliary logits)",
}


class AttributionSettings(Settings):
    """What is explained, and how. Nothing in it is random: the same settings give the same result."""

    method: str = Field("integrated_gradients", description="The attribution method.")
    head: Head = Field(
        "final", description="The logits that are explained; a model without auxiliary logits has the final ones only."
    )
    output: Literal["logit", "probability"] = Field(
        "logit", description="Explain the logit of the class, or its probability, which saturates."
    )
    steps: int = Field(50, ge=2, le=1000, description="Integrated gradients: points from black to the image.")
    window: int | None = Field(
        None, ge=1, description="Occlusion: side of the hidden square in pixels; empty for a quarter of the image."
    )
    stride: int | None = Field(
        None, ge=1, description="Occlusion: how far the square moves; empty for half of its side."
    )
    layer: str | None = Field(
        None, description="Grad-CAM: name of the layer whose map is read; empty for the block in front of the logits."
    )
