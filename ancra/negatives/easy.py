"""Easy: an image of another class that the model confuses neither with the anchor's class nor with its prediction."""

import torch
from torch import Tensor

from ancra.negatives.picker import PICKERS, Batch, Picker


class Easy(Picker):
    """The reference implementation's fourth picker; here it takes the least resembling candidate."""

    title = "Easy"
    condition = "gt(OE) ≠ gt(ne), h(OE) ≠ gt(ne) and h(OE) ≠ h(ne)"
    words = "An image of another class that the model keeps well apart from the anchor."

    def candidates(self, batch: Batch) -> Tensor:
        told_apart = batch.predicted[None, :] != batch.labels[:, None]
        return batch.other_class & told_apart & (batch.predicted[None, :] != batch.predicted[:, None])

    def preference(self, batch: Batch, generator: torch.Generator) -> Tensor:
        return -batch.resemblance


PICKERS.add("easy")(Easy())
