"""Slips of evaluation that make any number worthless."""

import inspect

import torch

from ancra.attacks.verdict import decide, frozen
from ancra.trust.check import CARLINI_2019, CROCE_2020, OURS, Finding, check
from ancra.trust.report import Level
from ancra.trust.subject import Subject

LABEL_ARGUMENTS = {"y", "label", "labels", "target", "targets"}


@check("deterministic", "Same image, same answer", CROCE_2020, red=1e-4, unit="change of logits")
def deterministic(subject: Subject) -> tuple[float, str]:
    """Five passes over the same images, and one image alone against the same image in a batch."""
    images = subject.images[:64]
    with frozen(subject.model), torch.no_grad():
        passes = torch.stack([decide(subject.model, images) for _ in range(5)])
        single = decide(subject.model, images[:1])
    scale = float(passes.abs().amax().clamp_min(1))
    change = float((passes - passes[0]).abs().max()) / scale
    batch = float((single - passes[0][:1]).abs().max()) / scale
    if batch > 1e-4 >= change:
        return batch, "The answer for an image depends on which other images are in the batch."
    return change, (
        "Five passes give the same answer."
        if change <= 1e-4
        else "The model answers differently each time, so an attack on one answer says nothing about the next."
    )


@check("logits", "Logits or probabilities", CROCE_2020, unit="")
def logits(subject: Subject) -> Finding:
    """Losses on logits vanish when a model returns probabilities."""
    values = subject.logits
    sums = (values.sum(dim=1) - 1).abs().amax() < 1e-4
    if bool((values >= 0).all() and (values <= 1).all() and sums):
        return Finding(
            Level.RED,
            "The model returns probabilities, not logits: the attack's loss is flattened twice. Remove the softmax.",
        )
    return Finding(Level.GREEN, "The model returns logits.")


@check("label_leak", "Answers that need no label", OURS, unit="")
def label_leak(subject: Subject) -> Finding:
    """Whether the forward pass takes the label, and whether the answer changes with it."""
    names = list(inspect.signature(subject.model.forward).parameters)
    taken = [name for name in names if name in LABEL_ARGUMENTS]
    if not taken:
        return Finding(Level.GREEN, "At test time the model is given the image only.")
    images, labels = subject.images[:64], subject.labels[:64]
    with frozen(subject.model), torch.no_grad():
        try:
            given = subject.model(images, **{taken[0]: labels})
            other = subject.model(images, **{taken[0]: (labels + 1) % subject.logits.shape[1]})
        except (TypeError, RuntimeError, ValueError):
            return Finding(Level.NOT_RUN, f"The model takes an argument {taken[0]!r} that could not be tried.")
    if isinstance(given, torch.Tensor) and not torch.equal(given, other):
        return Finding(Level.RED, f"The answer changes with the argument {taken[0]!r}: the model sees the label.")
    return Finding(Level.GREEN, "The answer does not change with the label.")


@check("untouched", "Model and images as they should be", CARLINI_2019 + "; " + OURS, unit="")
def untouched(subject: Subject) -> Finding:
    """The attack left modes, gradients and BatchNorm statistics alone, and stayed in the ball and in [0, 1]."""
    before = {name: buffer.clone() for name, buffer in subject.model.named_buffers()}
    gradients = [parameter.grad for parameter in subject.model.parameters()]
    modes = [module.training for module in subject.model.modules()]
    images, labels = subject.images[:32], subject.labels[:32]
    found = subject.search(images, labels).images
    slips = []
    if any(not torch.equal(before[name], buffer) for name, buffer in subject.model.named_buffers()):
        slips.append("the attack changed the model's statistics")
    if modes != [module.training for module in subject.model.modules()]:
        slips.append("the attack changed the model's mode")
    if any(before is not now.grad for before, now in zip(gradients, subject.model.parameters(), strict=True)):
        slips.append("the attack left gradients on the parameters")
    delta = found - images
    size = delta.abs().amax() if subject.threat.norm == "linf" else delta.flatten(1).norm(dim=1).amax()
    if float(size) > subject.threat.epsilon + 1e-6:
        slips.append("the attack left the ball")
    if not bool(((found >= 0) & (found <= 1)).all()):
        slips.append("the attack left [0, 1]")
    if slips:
        return Finding(Level.RED, f"Something went wrong: {'; '.join(slips)}.")
    return Finding(Level.GREEN, "The attack stayed in the ball and in [0, 1] and left the model as it was.")


@check("sample", "Number of images", OURS + " (half-width of the 95 % Wilson interval)", amber=5, red=10, unit="points")
def sample(subject: Subject) -> tuple[float, str]:
    """How far the claimed accuracy could be off by chance alone."""
    accuracy = subject.accuracy(subject.claimed)
    return subject.chance, (
        f"With {accuracy.samples} images the claimed {accuracy.value:.1%} could be anything from "
        f"{accuracy.low:.1%} to {accuracy.high:.1%}."
    )
