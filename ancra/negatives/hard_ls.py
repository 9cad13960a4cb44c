"""Hard-LS: an image of another class that the model mistakes for the anchor's true class."""

from torch import Tensor

from ancra.negatives.picker import PICKERS, Batch, Picker


class HardLS(Picker):
    """The paper's Table 2, third row."""

    title = "Hard-LS"
    condition = "gt(OE) ≠ gt(ne) and h(OE) = gt(ne)"
    words = "An image of another class that the model mistakes for the anchor's true class."

    def candidates(self, batch: Batch) -> Tensor:
        return batch.other_class & (batch.predicted[None, :] == batch.labels[:, None])


PICKERS.add("hard_ls")(HardLS())
