"""One batch under every negative strategy: who may serve which anchor, who is picked, and where all of them lie.

Who is picked follows the model as it answers in use, ``h`` in the paper's Table 2.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ancra.arrays import FloatArray, IntArray
from ancra.attacks.verdict import decide, frozen
from ancra.errors import AncraError
from ancra.losses.contrast import head, similarity
from ancra.losses.settings import ContrastSettings
from ancra.models.classifier import Classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import label_rows
from ancra.negatives.picker import PICKERS, Batch, Picks, pick
from ancra.recipe import Recipe
from ancra.strategies.forces import features_read, heads_of
from ancra.strategies.known import strategies
from ancra.strategies.plane import Plane


@dataclass(frozen=True, eq=False)
class BatchMechanism:
    """What all strategies make of a batch of N images.

    Attributes:
        images: (N, C, H, W) in [0, 1]. labels: (N,). logits: (N, K), final logits in use.
        picks: of each strategy, by its name.
        heads: which heads the contrast acts on, as ``forces.heads_of``.
        planes, positions: by head, the plane of the batch's features, and (N, 2) where they lie on it.
        order: (N,) all anchors, those first on which most strategies act, then those on which they differ most.
        seed: of everything drawn.
    """

    images: Tensor
    labels: Tensor
    logits: Tensor
    picks: dict[str, Picks]
    heads: list[int]
    planes: dict[int, Plane]
    positions: dict[int, FloatArray]
    order: IntArray
    seed: int

    @property
    def predicted(self) -> IntArray:
        """(N,) the classes that the model answers in use."""
        return self.logits.argmax(dim=1).numpy()


def step_of(recipe: Recipe) -> float:
    """A pair's share of one training step: learning rate times zeta (the default's without a contrast), by batch."""
    contrast = recipe.objective.contrast or ContrastSettings()
    return recipe.optimiser.learning_rate * contrast.zeta / recipe.batch_size


def batch_mechanism(model: Classifier, images: Tensor, labels: Tensor, seed: int) -> BatchMechanism:
    """Every strategy's picks in a batch, without warm-up.

    Args:
        images: (N, C, H, W) in [0, 1]. labels: (N,).
        seed: of Random, the same for all strategies, so that they differ only by their conditions.

    Raises:
        AncraError: all images are of one class.
    """
    if len(labels.unique()) < 2:
        raise AncraError(
            f"All {len(labels)} images of this batch are of one class, so no anchor has a negative: "
            "take a larger batch or another seed."
        )
    logits = decide(model, images)
    picks = {
        name: pick(PICKERS[settings.picker], Batch(labels, logits), torch.Generator().manual_seed(seed))
        for name, settings in strategies().items()
    }
    with frozen(model), torch.no_grad():
        trained = model.predict(images, label_rows(labels))
    heads = heads_of(trained)
    features = {index: features_read(trained, index).numpy() for index in heads}
    planes = {index: Plane.fit(each) for index, each in features.items()}
    positions = {index: planes[index].place(each) for index, each in features.items()}
    return BatchMechanism(
        images, labels, logits, picks, heads, planes, positions, _order(trained, heads[0], labels, picks), seed
    )


def _order(trained: Prediction, index: int, labels: Tensor, picks: dict[str, Picks]) -> IntArray:
    """Anchors by how many strategies act on them, how many different images are picked, and how many find their own."""
    logits, settings = head(trained, index), strategies()
    # The targeted attack ends at an image that is taken for the anchor's class.
    reached = logits.argmax(dim=1) == labels
    chosen = torch.stack([each.indices for each in picks.values()]).sort(dim=0).values
    different = (chosen[1:] != chosen[:-1]).sum(dim=0)
    own = torch.stack([~each.fallback for each in picks.values()]).sum(dim=0)
    acting = torch.stack(
        [
            reached
            if settings[name].perturbation == "targeted_attack"
            else similarity(logits, logits[each.indices]) > 0
            for name, each in picks.items()
        ]
    ).sum(dim=0)
    most = len(picks) + 1
    return torch.argsort(-((acting * most + different) * most + own), stable=True).numpy()
