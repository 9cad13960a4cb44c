"""Traces of several images at once, as a worker process computes them: plain arguments, models kept while they fit."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace, trace_attack
from ancra.attacks.verdict import decide, likeliest_wrong
from ancra.checkpoints import load_checkpoint
from ancra.models.classifier import Classifier

KEPT = 2**30
"""Bytes of models that a process keeps, on all devices together."""


class Models:
    """Models on devices, the least recently used leaving first when their bytes exceed ``keep``."""

    def __init__(self, keep: int = KEPT) -> None:
        self._keep = keep
        self._models: OrderedDict[tuple[str, str, str], Classifier] = OrderedDict()

    def get(self, path: str, digest: str, device: str) -> Classifier:
        """A checkpoint's classifier, frozen. Raises AncraError as ``load_checkpoint``."""
        key = (path, digest, device)
        if key not in self._models:
            self._models[key] = load_checkpoint(path)[0].requires_grad_(False).to(device)
        self._models.move_to_end(key)
        while len(self._models) > 1 and sum(map(_bytes, self._models.values())) > self._keep:
            self._models.popitem(last=False)
        return self._models[key]

    def __len__(self) -> int:
        return len(self._models)


@cache
def models() -> Models:
    """Those of this process."""
    return Models()


def get_ready(path: str, digest: str, device: str) -> None:
    """Load a checkpoint that will be attacked soon. Raises AncraError."""
    models().get(path, digest, device)


def traces(
    path: str,
    digest: str,
    images: Tensor,
    labels: Sequence[int],
    targets: Sequence[int] | None,
    settings: AttackSettings,
    device: str = "cpu",
) -> list[AttackTrace]:
    """The trace of each image, the same as alone, one search for all of them.

    Where a device's memory is not enough, of half as many at a time, and of one image on the CPU.

    Args:
        path, digest: of the checkpoint. images: (N, C, H, W) in [0, 1]. labels: N classes.
        targets: N classes to reach; None for none, or for the likeliest wrong ones where the objective needs some.

    Raises:
        AncraError: as ``trace_attack``.
    """
    try:
        made = _traced(models().get(path, digest, device), images, labels, targets, settings, device)
        return [made.one(row) for row in range(len(images))]
    except torch.OutOfMemoryError:
        torch.cuda.empty_cache()
    if len(images) == 1:
        return traces(path, digest, images, labels, targets, settings)
    half = len(images) // 2
    return [
        trace
        for part in (slice(None, half), slice(half, None))
        for trace in traces(
            path, digest, images[part], labels[part], None if targets is None else targets[part], settings, device
        )
    ]


def _traced(
    model: Classifier,
    images: Tensor,
    labels: Sequence[int],
    targets: Sequence[int] | None,
    settings: AttackSettings,
    device: str,
) -> AttackTrace:
    images, true = images.to(device), torch.tensor(labels, device=device)
    aims = None if targets is None else torch.tensor(targets, device=device)
    if aims is None and OBJECTIVES[settings.objective].needs_targets:
        aims = likeliest_wrong(decide(model, images), true, 1)[:, 0]
    return trace_attack(model, images, true, settings, targets=aims, apart=True)


def _bytes(model: Classifier) -> int:
    return sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers()))
