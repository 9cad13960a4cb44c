"""What a strategy does to each anchor of a batch: one row an anchor, from which all statistics are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from ancra.arrays import Array, BoolArray, FloatArray, IntArray
from ancra.attacks.search import search
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import decide, frozen
from ancra.data.batches import derived_seed
from ancra.losses.contrast import similarity
from ancra.models.classifier import Classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import label_rows
from ancra.negatives.picker import PICKERS, Batch, pick
from ancra.negatives.settings import NegativeSettings


@dataclass(frozen=True)
class Observed:
    """What one strategy did for N anchors; H heads (p' first, then the auxiliary logits), S attack steps.

    "Training" is what a training step sees: every image with the rows of its own label. "Evaluation" is what everybody
    else sees: the rows of the predicted class. BatchNorm takes its running statistics in both.

    Attributes:
        batch: (N,) number of the batch, counted from 0. anchor, negative: (N,) positions in the split; -1 for none.
        label, predicted: (N,) of the anchor. negative_label, negative_predicted: (N,) of the negative before, and
            moved_predicted: (N,) after the perturbation. Predictions are those of evaluation.
        candidates: (N,) images of the batch that meet the condition. others: (N,) images of another class.
        alike: (N,) probability that two images of other classes, drawn blindly from the batch, are of one class.
        fallback: (N,) bool, Random stepped in. valid: (N,) bool, the batch has an image of another class.
        similarity: (N,) on p' in evaluation, after the perturbation.
        contrast: (N, H) the similarity of each head in training, which the contrast sums up.
        logit_force: (N, H) L2 norm of its gradient on the negative's logits, and on the anchor's:
            anchor_logit_force. feature_force, anchor_feature_force: (N, H) the same on the pooled features that the
            head reads. Before alpha divides them.
        reached: (N, S + 1) bool, predicted as the anchor's class after each step; S is 0 without a perturbation.
        toward: (N, S + 1) the probability of that class.
    """

    batch: IntArray
    anchor: IntArray
    negative: IntArray
    label: IntArray
    predicted: IntArray
    negative_label: IntArray
    negative_predicted: IntArray
    moved_predicted: IntArray
    candidates: IntArray
    others: IntArray
    alike: FloatArray
    fallback: BoolArray
    valid: BoolArray
    similarity: FloatArray
    contrast: FloatArray
    logit_force: FloatArray
    anchor_logit_force: FloatArray
    feature_force: FloatArray
    anchor_feature_force: FloatArray
    reached: BoolArray
    toward: FloatArray

    def __len__(self) -> int:
        return len(self.batch)

    @property
    def batches(self) -> int:
        """How many batches there are."""
        return int(self.batch[-1]) + 1 if len(self) else 0

    def first(self, batches: int) -> "Observed":
        """The rows of the first batches."""
        return self.rows(self.batch < batches)

    def rows(self, chosen: BoolArray | IntArray) -> "Observed":
        """Some of the rows: a mask (N,) or positions."""
        return Observed(**{name: values[chosen] for name, values in self.arrays().items()})

    def arrays(self) -> dict[str, Array]:
        """All columns by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def join(cls, parts: Sequence["Observed"]) -> "Observed":
        """Several batches one below the other."""
        columns = [part.arrays() for part in parts]
        return cls(**{field.name: np.concatenate([part[field.name] for part in columns]) for field in fields(cls)})


def observe(
    model: Classifier,
    images: Tensor,
    labels: Tensor,
    strategies: Mapping[str, NegativeSettings],
    attack: AttackSettings,
    *,
    seed: int = 0,
    number: int = 0,
    positions: Tensor | None = None,
) -> dict[str, Observed]:
    """What each strategy does to one batch, without warm-up.

    Strategies of the same picker make the same draws, so that they differ by the perturbation alone.

    Args:
        model: a classifier; left as it is.
        images: (N, C, H, W) in [0, 1]. labels: (N,).
        strategies: name -> settings.
        attack: epsilon, steps, start and objective of the targeted attack.
        seed, number: of all batches, and which batch this is; together they seed every draw.
        positions: (N,) of the images in their split; by default 0 ... N - 1.

    Raises:
        AncraError: an unknown picker, or logits that are not finite.
    """
    places = (torch.arange(len(labels)) if positions is None else positions).cpu()
    with frozen(model):
        asked = Batch(labels, decide(model, images))
        with torch.no_grad():
            own = model.predict(images, label_rows(labels))
        return {
            name: _one(model, images, asked, own, settings, attack, seed, number, places)
            for name, settings in strategies.items()
        }


def _one(
    model: Classifier,
    images: Tensor,
    asked: Batch,
    own: Prediction,
    settings: NegativeSettings,
    attack: AttackSettings,
    seed: int,
    number: int,
    places: Tensor,
) -> Observed:
    labels, predicted = asked.labels, asked.predicted
    generator = _generator(images, seed, number, settings.picker)
    picks = pick(PICKERS[settings.picker], asked, generator)
    chosen, valid = picks.indices, picks.valid
    moved = asked.logits[chosen]
    negative = _taken(own, chosen)
    steps = moved[:, None]
    if settings.perturbation == "targeted_attack":
        draw = _generator(images, seed, number, settings.perturbation)
        perturbed, steps = _driven(model, images[chosen], labels, attack, draw)
        moved = steps[:, -1]
        with torch.no_grad():
            negative = model.predict(perturbed, label_rows(labels[chosen]))
    forces = _forces(model, own, negative, valid)
    toward = steps.softmax(dim=2).gather(2, labels[:, None, None].expand(-1, steps.shape[1], 1))[..., 0]
    columns = {
        "batch": torch.full_like(labels, number, dtype=torch.int32),
        "anchor": places,
        "negative": torch.where(valid.cpu(), places[chosen.cpu()], -1),
        "label": labels,
        "predicted": predicted,
        "negative_label": torch.where(valid, labels[chosen], -1),
        "negative_predicted": torch.where(valid, predicted[chosen], -1),
        "moved_predicted": torch.where(valid, moved.argmax(dim=1), -1),
        "candidates": picks.candidates.sum(dim=1),
        "others": asked.other_class.sum(dim=1),
        "alike": _alike(labels, asked.logits.shape[1]),
        "fallback": picks.fallback,
        "valid": valid,
        "similarity": similarity(asked.logits, moved) * valid,
        **forces,
        "reached": steps.argmax(dim=2) == labels[:, None],
        "toward": toward,
    }
    return Observed(**{name: _compact(values) for name, values in columns.items()})


def _driven(
    model: Classifier, natural: Tensor, labels: Tensor, attack: AttackSettings, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Natural negatives driven to the anchors' labels: the last images, and the logits (N, S + 1, K) on the way.

    The first logits are those of the natural image; the start of the search, a random point beside it, is not counted.
    """
    logits, image = [decide(model, natural)], natural
    for step in search(model, natural, labels, attack, generator, direction=-1.0):
        image = step.images
        if step.index:
            logits.append(decide(model, image))
    return image, torch.stack(logits, dim=1)


def _forces(model: Classifier, anchor: Prediction, negative: Prediction, valid: Tensor) -> dict[str, Tensor]:
    """The similarity of each head, and how hard it pulls at both ends' logits and features; all (N, H)."""
    found: dict[str, list[Tensor]] = {
        name: [] for name in ("contrast", "logit_force", "anchor_logit_force", "feature_force", "anchor_feature_force")
    }
    for ends in zip((anchor.logits, *anchor.auxiliary), (negative.logits, *negative.auxiliary), strict=True):
        with torch.enable_grad():
            one, other = (logits.detach().requires_grad_() for logits in ends)
            each = similarity(one, other) * valid
            pull = torch.autograd.grad(each.sum(), (other, one))
        found["contrast"].append(each.detach())
        for name, gradient in zip(("", "anchor_"), pull, strict=True):
            found[f"{name}logit_force"].append(gradient.norm(dim=1))
            # Every head is the same linear classifier on its own pooled features.
            found[f"{name}feature_force"].append((gradient @ model.classifier_weight).norm(dim=1))
    return {name: torch.stack(values, dim=1) for name, values in found.items()}


def _alike(labels: Tensor, classes: int) -> Tensor:
    counts = torch.bincount(labels, minlength=classes).float()
    others = counts.sum() - counts
    return (((counts**2).sum() - counts**2) / others.clamp_min(1) ** 2)[labels]


def _taken(prediction: Prediction, rows: Tensor) -> Prediction:
    return Prediction(prediction.logits[rows], tuple(logits[rows] for logits in prediction.auxiliary))


def _generator(images: Tensor, seed: int, number: int, purpose: str) -> torch.Generator:
    return torch.Generator(images.device).manual_seed(derived_seed(seed, "strategies", number, purpose))


def _compact(values: Tensor) -> Array:
    array = values.detach().cpu().numpy()
    return array.astype({"f": np.float32, "i": np.int32}.get(array.dtype.kind, array.dtype))
