"""What a classifier answers."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Prediction:
    """A classifier's answer for N images, K classes, B reverse-attention blocks (0 without reverse attention).

    Attributes:
        logits: (N, K), the final logits p' (docs/method.md, section 1); the model's answer is their argmax.
        auxiliary: B tensors (N, K), the auxiliary logits p_b of each reverse-attention block, the first block first.
        features_before: max(B, 1) tensors (N, F), the pooled, flattened features z before each block's attention.
        features_after: max(B, 1) tensors (N, F), the features z' after it; without reverse attention the same as z.
    """

    logits: Tensor
    auxiliary: tuple[Tensor, ...] = ()
    features_before: tuple[Tensor, ...] = ()
    features_after: tuple[Tensor, ...] = ()

    @property
    def classes(self) -> Tensor:
        """(N,) the predicted class of each image."""
        return self.logits.argmax(dim=1)
