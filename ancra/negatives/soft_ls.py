"""Soft-LS: an image of another class that the model gives the class it gives the anchor."""

from torch import Tensor

from ancra.negatives.picker import PICKERS, Batch, Picker


class SoftLS(Picker):
    """The paper's Table 2, second row."""

    title = "Soft-LS"
    condition = "gt(OE) ≠ gt(ne) and h(OE) = h(ne)"
    words = "An image of another class that the model puts into the same class as the anchor."

    def candidates(self, batch: Batch) -> Tensor:
        return batch.other_class & (batch.predicted[None, :] == batch.predicted[:, None])


PICKERS.add("soft_ls")(SoftLS())
