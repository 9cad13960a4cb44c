"""One anchor under every negative strategy: the negative it gets, and what the contrast does to the two.

The contrast is that of training: both images attend with the rows of their own labels (docs/method.md, sections 2
and 4), with BatchNorm as in use.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ancra.arrays import FloatArray, IntArray
from ancra.attacks.search import search
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import decide, frozen
from ancra.errors import AncraError
from ancra.losses.contrast import head, similarity
from ancra.models.classifier import Classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import label_rows
from ancra.strategies.forces import features_read, forces, head_weight
from ancra.strategies.known import strategies
from ancra.strategies.mechanism import BatchMechanism
from ancra.strategies.plane import Plane
from ancra.strategies.weight_step import weight_steps

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The shares of the force on the negative for which a step of the weights is tried."""


@dataclass(frozen=True, eq=False)
class HeadPair:
    """The contrast of an anchor and its negative on one head, at S frames of the negative.

    Attributes:
        anchor_class, anchor_confidence: what the head says of the anchor, and how surely.
        classes, confidences: (S,) what it says of the negative. similarity: (S,).
        on_anchor, on_negative: (S,) the whole forces: norms of the similarity's gradient on the features.
        place, places: (2,) of the anchor and (S, 2) of the negative on the plane.
        feature_steps: (2, 2) what one step down the head's share of the contrast does to the features of anchor and
            negative at the last frame, on the plane, each at the whole force; they grow linearly with the share.
        weight_steps: (A, 2, 2) the same for a step of the weights, at each of ``ALPHAS``.
        weight_lengths: (A, 2) its lengths among all features, in shares of the distance between the two.
        similarity_after: (A,) the similarity after it.
    """

    anchor_class: int
    anchor_confidence: float
    classes: IntArray
    confidences: FloatArray
    similarity: FloatArray
    on_anchor: FloatArray
    on_negative: FloatArray
    place: FloatArray
    places: FloatArray
    feature_steps: FloatArray
    weight_steps: FloatArray
    weight_lengths: FloatArray
    similarity_after: FloatArray


@dataclass(frozen=True, eq=False)
class PairMechanism:
    """An anchor and the negative that one strategy gives it, at S frames: 1, or with the attack its natural image, the
    start of the search and the image after every step.

    Attributes:
        index: of the negative in the batch. score: its logit for the anchor's class.
        images: (S, C, H, W). predicted: (S,) classes in use. probability: (S,) of the anchor's class, in use.
        heads: the contrast on each head.
    """

    index: int
    score: float
    images: FloatArray
    predicted: IntArray
    probability: FloatArray
    heads: dict[int, HeadPair]


def anchor_mechanism(
    model: Classifier,
    batch: BatchMechanism,
    anchor: int,
    attack: AttackSettings,
    auxiliary_weight: float,
    step: float,
) -> dict[str, PairMechanism]:
    """One anchor of a batch under every strategy, by the strategies' names.

    Args:
        anchor: its position in the batch.
        attack: of the strategies that perturb; its start is drawn for this anchor alone.
        auxiliary_weight: of the auxiliary heads in the contrast.
        step: how far a step goes down the contrast, as ``step_of``.

    Raises:
        AncraError: there is no such anchor.
    """
    if not 0 <= anchor < len(batch.labels):
        raise AncraError(f"This batch has the anchors 0 to {len(batch.labels) - 1}; choose one of them.")
    pairs: dict[tuple[int, bool], PairMechanism] = {}
    found = {}
    for name, settings in strategies().items():
        index, attacked = int(batch.picks[name].indices[anchor]), settings.perturbation == "targeted_attack"
        if (index, attacked) not in pairs:
            frames = batch.images[index : index + 1]
            if attacked:
                frames = _attacked(model, frames, batch.labels[anchor : anchor + 1], attack, batch.seed + anchor)
            pairs[index, attacked] = _pair(model, batch, anchor, index, frames, auxiliary_weight, step)
        found[name] = pairs[index, attacked]
    return found


def _pair(
    model: Classifier,
    batch: BatchMechanism,
    anchor: int,
    index: int,
    frames: Tensor,
    auxiliary_weight: float,
    step: float,
) -> PairMechanism:
    label = batch.labels[anchor]
    chances = decide(model, frames).softmax(dim=1)
    return PairMechanism(
        index=index,
        score=float(batch.logits[index, label]),
        images=frames.numpy(),
        predicted=chances.argmax(dim=1).numpy(),
        probability=chances[:, label].numpy(),
        heads=_head_pairs(model, batch, anchor, index, frames, auxiliary_weight, step),
    )


def _attacked(model: Classifier, image: Tensor, label: Tensor, attack: AttackSettings, seed: int) -> Tensor:
    """(S, C, H, W) the image, the start of the search towards the label, and the image after every step."""
    generator = torch.Generator().manual_seed(seed)
    with frozen(model):
        walk = [step.images for step in search(model, image, label, attack, generator, direction=-1.0)]
    return torch.cat([image, *walk])


def _head_pairs(
    model: Classifier,
    batch: BatchMechanism,
    anchor: int,
    index: int,
    frames: Tensor,
    auxiliary_weight: float,
    step: float,
) -> dict[int, HeadPair]:
    labels = batch.labels[[anchor, index]]
    first = batch.images[anchor : anchor + 1]
    with frozen(model), torch.no_grad():
        one = model.predict(first.expand(len(frames), -1, -1, -1), label_rows(labels[:1].expand(len(frames))))
        other = model.predict(frames, label_rows(labels[1:].expand(len(frames))))
    moved = weight_steps(model, torch.cat([first, frames[-1:]]), labels, ALPHAS, step, auxiliary_weight)
    return {
        head_index: _head_pair(model, one, other, moved, head_index, batch.planes[head_index], step, auxiliary_weight)
        for head_index in batch.heads
    }


def _head_pair(
    model: Classifier,
    anchor: Prediction,
    negative: Prediction,
    moved: Sequence[Prediction],
    index: int,
    plane: Plane,
    step: float,
    auxiliary_weight: float,
) -> HeadPair:
    pushed = forces(model.head, anchor, negative, index)
    sure, classes = head(negative, index).softmax(dim=1).max(dim=1)
    own_sure, own_class = head(anchor, index)[0].softmax(dim=0).max(dim=0)
    x, other = features_read(anchor, index), features_read(negative, index)
    before = torch.stack([x[-1], other[-1]])
    change = torch.stack([features_read(each, index) - before for each in moved])
    distance = (x[-1] - other[-1]).norm().clamp_min(1e-12)
    share = step * head_weight(index, len(anchor.auxiliary), auxiliary_weight)
    return HeadPair(
        anchor_class=int(own_class),
        anchor_confidence=float(own_sure),
        classes=classes.numpy(),
        confidences=sure.numpy(),
        similarity=pushed.similarity.numpy(),
        on_anchor=pushed.on_anchor.norm(dim=1).numpy(),
        on_negative=pushed.on_negative.norm(dim=1).numpy(),
        place=plane.place(x[0].numpy()),
        places=plane.place(other.numpy()),
        feature_steps=plane.shift(-share * torch.stack([pushed.on_anchor[-1], pushed.on_negative[-1]]).numpy()),
        weight_steps=plane.shift(change.numpy()),
        weight_lengths=(change.norm(dim=2) / distance).numpy(),
        similarity_after=np.array([float(similarity(*head(each, index).split(1))) for each in moved]),
    )
