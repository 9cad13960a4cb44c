"""Run the checks and write the report."""

from collections.abc import Sequence

import torch
from torch import nn

from ancra.attacks.door import admit, check_classes
from ancra.attacks.suite import Threat
from ancra.attacks.verdict import decide, frozen
from ancra.data.dataset import Split
from ancra.device import device_of
from ancra.errors import AncraError
from ancra.progress import OnProgress
from ancra.text import epsilon_text
from ancra.trust import effort, gradients, hygiene, masking, radius  # noqa: F401  (importing them registers the checks)
from ancra.trust.check import CHECKS, Finding
from ancra.trust.report import Level, TrustReport
from ancra.trust.settings import TrustSettings
from ancra.trust.subject import Subject

NORM_WORDS = {"linf": "Linf", "l2": "L2"}


@torch.inference_mode(False)
def examine(
    model: nn.Module,
    split: Split,
    settings: TrustSettings,
    others: Sequence[nn.Module] = (),
    on_progress: OnProgress | None = None,
) -> TrustReport:
    """Examine the claim "this robust accuracy under PGD on the final output is the truth".

    Works on any classifier ``x -> logits``; a model that exposes auxiliary logits is attacked through them too.

    Args:
        model: left as it is. split: images of the classes it knows.
        others: other classifiers of the same classes, for the transfer check.
        on_progress: called with (checks done, checks in all).

    Raises:
        AncraError: logits that are not finite; an unknown check in ``settings.skip``.
    """
    for name in settings.skip:
        CHECKS[name]
    chosen = split.sample(settings.samples, settings.sample_seed)
    images, labels = split.batch(chosen, device_of(model))
    if not len(labels):
        raise AncraError("There is no image to examine the model on.")
    given = admit(model, images, labels)
    with frozen(model):
        check_classes(labels, decide(model, images[:1]))
    subject = Subject(model, given.images, given.labels, settings, others)
    results = []
    for done, check in enumerate(CHECKS.values()):
        if on_progress:
            on_progress(done, len(CHECKS))
        if check.name in settings.skip:
            results.append(check.result(Finding(Level.NOT_RUN, "Left out on request.")))
        else:
            results.append(check(subject))
    threat = settings.threat
    return TrustReport(
        claim=f"PGD-{threat.steps} on the final output, {NORM_WORDS[threat.norm]}, "
        f"epsilon {epsilon_text(threat.epsilon)}",
        natural=subject.accuracy(subject.natural),
        claimed=subject.accuracy(subject.claimed),
        lowest=subject.accuracy(subject.natural & ~subject.broken),
        checks=tuple(results),
        budget=_budget(subject, settings),
    )


def _budget(subject: Subject, settings: TrustSettings) -> str:
    threat: Threat = settings.threat
    others = f", {len(subject.others)} other models" if subject.others else ""
    return (
        f"{len(subject.labels)} images, {threat.steps} steps a search, {threat.steps * settings.more_steps} at most, "
        f"{settings.restarts} restarts, {threat.queries} black-box queries an image{others}, seed {threat.seed}"
    )
