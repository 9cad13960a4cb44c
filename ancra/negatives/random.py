"""Random: any image of another class."""

import torch
from torch import Tensor

from ancra.negatives.picker import PICKERS, Batch, Picker, uniform


class Random(Picker):
    """The paper's Table 2, first row."""

    title = "Random"
    condition = "gt(OE) ≠ gt(ne)"
    words = "Any image of another class."
    needs_logits = False

    def candidates(self, batch: Batch) -> Tensor:
        return batch.other_class

    def preference(self, batch: Batch, generator: torch.Generator) -> Tensor:
        return uniform(batch.other_class, generator)


PICKERS.add("random")(Random())
