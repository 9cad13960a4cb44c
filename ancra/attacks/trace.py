"""A trace: everything an attack saw on its way, stored once and replayed without running anything again."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn

from ancra.arrays import Array, FloatArray, IntArray
from ancra.attacks.ball import own_starts
from ancra.attacks.door import Values, admit, check_classes
from ancra.attacks.objectives import OBJECTIVES, Objective, as_objective
from ancra.attacks.search import search
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import decide, frozen
from ancra.errors import AncraError
from ancra.models.classifier import Classifier
from ancra.models.plain import PlainClassifier, as_classifier

# So many points are recorded in one batch: enough for a full one, and little memory for large images.
POINTS_AT_ONCE = 256
# The fields of a trace whose first axis is N; of the others it is S.
PER_IMAGE = frozenset({"natural", "labels", "targets", "natural_logits", "natural_auxiliary"})


@dataclass(frozen=True)
class AttackTrace:
    """An attack on N images, S = steps + 1 points each, K classes, B reverse-attention blocks.

    Attributes:
        images: (S, N, C, H, W) float32 in [0, 1]; the first point is the start of the search.
        natural: (N, C, H, W) float32, the images before the attack.
        labels: (N,) true classes. targets: (N,) the classes to reach, -1 for an untargeted attack.
        logits: (S, N, K) the model's own final logits p'; natural_logits: (N, K) the same of the natural images.
        auxiliary: (S, N, B, K) auxiliary logits p; natural_auxiliary: (N, B, K).
        loss_names: (L,) names of the objectives; losses: (S, N, L) each of them at the true label.
        gradient_norm: (S, N) L2 norm of the attacked objective's gradient; NaN at the last point.
    """

    images: FloatArray
    natural: FloatArray
    labels: IntArray
    targets: IntArray
    logits: FloatArray
    natural_logits: FloatArray
    auxiliary: FloatArray
    natural_auxiliary: FloatArray
    loss_names: Array
    losses: FloatArray
    gradient_norm: FloatArray

    @property
    def predicted(self) -> IntArray:
        """(S, N) predicted class at each point."""
        return self.logits.argmax(axis=-1)

    @property
    def attended(self) -> IntArray:
        """(S, N, B) the class whose row each reverse-attention block used."""
        return self.auxiliary.argmax(axis=-1)

    @property
    def linf(self) -> FloatArray:
        """(S, N) Linf distance to the natural image, in [0, 1] pixel values."""
        return np.abs(self.images - self.natural).max(axis=(2, 3, 4))

    @property
    def l2(self) -> FloatArray:
        """(S, N) L2 distance to the natural image."""
        return np.sqrt(((self.images - self.natural) ** 2).sum(axis=(2, 3, 4)))

    def loss(self, name: str) -> FloatArray:
        """(S, N) one objective along the search. Raises AncraError for one that was not recorded."""
        names = [str(known) for known in self.loss_names]
        if name not in names:
            raise AncraError(f"This trace did not record the objective {name!r}; it has {', '.join(names)}.")
        return self.losses[..., names.index(name)]

    def one(self, row: int) -> "AttackTrace":
        """The trace of image ``row`` alone, N = 1, in arrays of its own."""
        alone = {}
        for name, array in self.arrays().items():
            if name in PER_IMAGE:
                alone[name] = array[row : row + 1].copy()
            else:
                alone[name] = array if name == "loss_names" else array[:, row : row + 1].copy()
        return AttackTrace(**alone)

    def arrays(self) -> dict[str, Array]:
        """All fields by name, none of them an object array."""
        return asdict(self)

    def save(self, path: Path) -> None:
        """Write the trace as a compressed .npz file."""
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **self.arrays())

    @classmethod
    def load(cls, path: Path) -> "AttackTrace":
        """Read a trace that ``save`` wrote. Raises AncraError for anything else."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(**{field.name: stored[field.name] for field in fields(cls)})
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            raise AncraError(f"{path} is not a whole attack trace; save it again.") from None


@torch.inference_mode(False)
def trace_attack(
    model: nn.Module,
    images: Values,
    labels: Values,
    settings: AttackSettings,
    *,
    targets: Values | None = None,
    objective: Objective | None = None,
    apart: bool = False,
) -> AttackTrace:
    """Run one search and record every point of it (``settings.restarts`` and ``settings.targets`` are not used).

    Args:
        images: (N, C, H, W) in [0, 1]. labels: (N,). targets: (N,), needed when ``settings.targeted``.
        objective: overrides ``settings.objective``.
        apart: each image starts where it would start alone, so that what is found does not depend on its neighbours.

    Raises:
        AncraError: targets missing or equal to the label; logits that are not finite.
    """
    goal = objective or as_objective(settings.objective)
    if (settings.targeted or goal.needs_targets) and targets is None:
        raise AncraError("This attack drives images to a chosen class: choose a target class.")
    given = admit(model, images, labels, targets)
    images, labels, targets = given.images, given.labels, given.targets
    if targets is not None and bool((targets == labels).any()):
        raise AncraError("A target class must differ from the image's own class; choose another target.")
    sought, direction = (labels, 1.0) if targets is None else (targets, -1.0)
    start = own_starts(images, settings) if apart else None
    answer = as_classifier(model)
    with frozen(model):
        check_classes(labels, decide(model, images))
        points, norms = [], []
        for step in search(model, images, sought, settings, objective=goal, direction=direction, start=start):
            points.append(step.images)
            unknown = torch.full(labels.shape, torch.nan, device=images.device)
            norms.append(unknown if step.gradient is None else step.gradient.flatten(1).norm(dim=1))
        walked = torch.stack(points)
        logits, auxiliary, losses = _record(answer, walked, labels)
        natural_logits, natural_auxiliary, _ = _record(answer, images[None], labels)
    return AttackTrace(
        images=walked.cpu().numpy(),
        logits=logits,
        auxiliary=auxiliary,
        losses=losses,
        gradient_norm=torch.stack(norms).cpu().numpy(),
        natural=images.cpu().numpy(),
        labels=labels.cpu().numpy(),
        targets=(torch.full_like(labels, -1) if targets is None else targets).cpu().numpy(),
        natural_logits=natural_logits[0],
        natural_auxiliary=natural_auxiliary[0],
        loss_names=np.array(recorded_objectives()),
    )


def recorded_objectives() -> list[str]:
    """The objectives that a trace records: all that need no target."""
    return [name for name, objective in OBJECTIVES.items() if not objective.needs_targets]


@torch.no_grad()
def _record(
    answer: Classifier | PlainClassifier, images: Tensor, labels: Tensor
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """p' (S, N, K), p (S, N, B, K) and every recorded objective (S, N, L) at images (S, N, C, H, W).

    All points together: a step's own few images cost a small network as much as a full batch does.
    """
    points, wanted = images.flatten(0, 1).split(POINTS_AT_ONCE), labels.repeat(len(images)).split(POINTS_AT_ONCE)
    seen = [_seen(answer, *batch) for batch in zip(points, wanted, strict=True)]
    logits, auxiliary, losses = (
        torch.cat(part).unflatten(0, images.shape[:2]).cpu().numpy() for part in zip(*seen, strict=True)
    )
    return logits, auxiliary, losses


def _seen(answer: Classifier | PlainClassifier, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """p' (n, K), p (n, B, K) and every recorded objective (n, L) at images (n, C, H, W); NaN: means nothing."""
    own = answer.predict(images)
    seen = []
    for name in recorded_objectives():
        objective = OBJECTIVES[name]
        if own.logits.shape[1] < objective.fewest_classes:
            seen.append(torch.full(labels.shape, torch.nan))
            continue
        attention = objective.attention(labels) if objective.attention else None
        seen.append(objective.loss(answer.predict(images, attention) if attention else own, labels))
    empty = own.logits.new_zeros((len(images), 0, own.logits.shape[1]))
    auxiliary = torch.stack(own.auxiliary, dim=1) if own.auxiliary else empty
    return own.logits, auxiliary, torch.stack(seen, dim=1)
