"""What a negative strategy is: a condition on (anchor, candidate) pairs and a preference among those that meet it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ancra.registry import Registry


@dataclass(frozen=True)
class Batch:
    """The batch that negatives are picked from.

    Attributes:
        labels: (N,) int64.
        logits: (N, K), the final logits of the natural images in evaluation mode.
    """

    labels: Tensor
    logits: Tensor

    @property
    def predicted(self) -> Tensor:
        """(N,) predicted classes."""
        return self.logits.argmax(dim=1)

    @property
    def other_class(self) -> Tensor:
        """(N, N) bool: row anchor, column candidate; true where their labels differ."""
        return self.labels[:, None] != self.labels[None, :]

    @property
    def resemblance(self) -> Tensor:
        """(N, N) the candidate's logit for the anchor's label."""
        return self.logits[:, self.labels].T


class Picker:
    """A way to pick negatives. Subclass, set the texts, override the two methods, and register with ``PICKERS.add``.

    Attributes:
        title: the name shown to people.
        condition: the paper's notation (Table 2).
        words: the condition in a plain sentence.
        needs_logits: whether the model must be asked about the batch first.
    """

    title: str
    condition: str
    words: str
    needs_logits: bool = True

    def candidates(self, batch: Batch) -> Tensor:
        """(N, N) bool: which images may serve each anchor."""
        raise NotImplementedError

    def preference(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """(N, N) float: the candidate with the highest value is picked. The reference takes the highest logit."""
        return batch.resemblance


PICKERS: Registry[Picker] = Registry("negative picker")


@dataclass(frozen=True)
class Picks:
    """Which negative each of N anchors got.

    Attributes:
        indices: (N,) position of the negative in the batch; the anchor's own where there is none.
        candidates: (N, N) bool, the images that met the condition.
        scores: (N,) the negative's logit for the anchor's label; 0 when the model was not asked.
        fallback: (N,) bool, no image met the condition and Random chose.
        valid: (N,) bool, false where the batch holds no image of another class.
    """

    indices: Tensor
    candidates: Tensor
    scores: Tensor
    fallback: Tensor
    valid: Tensor


def uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    """(N, N) uniform random preferences, drawn on the generator's device."""
    return torch.rand(like.shape, generator=generator, device=generator.device).to(like.device)


def pick(picker: Picker, batch: Batch, generator: torch.Generator) -> Picks:
    """A negative for every anchor at once; Random serves anchors without a candidate (docs/method.md, section 3)."""
    others = batch.other_class
    candidates = picker.candidates(batch) & others
    chosen = _highest(picker.preference(batch, generator), candidates)
    fallback = ~candidates.any(dim=1) & others.any(dim=1)
    indices = torch.where(fallback, _highest(uniform(others, generator), others), chosen)
    valid = others.any(dim=1)
    indices = torch.where(valid, indices, torch.arange(len(indices), device=indices.device))
    scores = batch.resemblance.gather(1, indices[:, None]).squeeze(1)
    return Picks(indices, candidates, scores, fallback, valid)


def _highest(preference: Tensor, allowed: Tensor) -> Tensor:
    return preference.masked_fill(~allowed, -torch.inf).argmax(dim=1)
