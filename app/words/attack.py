"""What happened, in plain words: one sentence under each picture or figure."""

import numpy as np
from scipy.special import softmax

from ancra.arrays import FloatArray
from ancra.attacks.trace import AttackTrace
from ancra.text import epsilon_text


def percent(share: float) -> str:
    """A probability for people: a softmax is never quite 100 % or 0 %."""
    if share >= 0.9995:
        return "> 99.9 %"
    return "< 0.1 %" if share < 0.0005 else f"{share * 100:.1f} %"


def answer(logits: FloatArray, classes: tuple[str, ...]) -> str:
    """The predicted class and how sure the model is of it, from logits (K,)."""
    chances = softmax(logits, axis=-1)
    return f"**{classes[int(chances.argmax())]}** ({percent(float(chances.max()))})"


def broken_at(trace: AttackTrace) -> int | None:
    """The first step at which the model errs (or answers the target, if there is one); None if it never does."""
    target = int(trace.targets[0])
    hit = trace.predicted[:, 0] == target if target >= 0 else trace.predicted[:, 0] != trace.labels[0]
    return int(hit.argmax()) if hit.any() else None


def outcome(trace: AttackTrace, classes: tuple[str, ...]) -> str:
    """What one attack did to one image."""
    label, natural = int(trace.labels[0]), int(trace.natural_logits[0].argmax())
    target = int(trace.targets[0])
    if natural != label and target < 0:
        return f"No attack needed: the model already takes this {classes[label]} for {classes[natural]}."
    step = broken_at(trace)
    if step is None and target >= 0 and (trace.predicted[:, 0] != label).any():
        return f"The attack misses its target {classes[target]}, though the answer does change on the way."
    if step is None:
        return f"The attack fails: the answer is {classes[label]} at every step."
    taken = classes[int(trace.predicted[step, 0])]
    when = "already at the random start" if step == 0 else f"at step {step}"
    recovered = "" if trace.predicted[-1, 0] == trace.predicted[step, 0] else " (the answer changes again later)"
    return f"The attack succeeds {when}: the model takes this {classes[label]} for {taken}{recovered}."


def verdict(plain: AttackTrace, adaptive: AttackTrace, has_attention: bool) -> tuple[str, str]:
    """What PGD on p' and the adaptive attack say about one image.

    Returns:
        A kind (natural, fooled, illusion or held) and a sentence.
    """
    if int(plain.natural_logits[0].argmax()) != int(plain.labels[0]):
        return (
            "natural",
            "The model errs on this image even without an attack: choose another image.",
        )
    by_plain, by_adaptive = broken_at(plain) is not None, broken_at(adaptive) is not None
    if not has_attention:
        if by_plain:
            return "fooled", "PGD succeeds. Without reverse attention there is nothing to hide: p' is all there is."
        return "held", "PGD fails. Without reverse attention the adaptive attack is the same one, so it fails as well."
    if by_adaptive and not by_plain:
        return (
            "illusion",
            "PGD on p' fails, the adaptive attack succeeds: within the same epsilon the model can be fooled, "
            "PGD just does not see how. Its robustness on this image is an illusion.",
        )
    if by_plain and by_adaptive:
        return "fooled", "Both PGD on p' and the adaptive attack succeed: the model is not robust on this image."
    if by_plain:
        return "fooled", "PGD on p' succeeds where the adaptive attack fails: no single attack is always the strongest."
    return (
        "held",
        "Both PGD on p' and the adaptive attack fail. That is evidence, not proof: a stronger one may succeed.",
    )


def bars_sentence(logits: FloatArray, auxiliary: FloatArray, label: int, classes: tuple[str, ...]) -> str:
    """What the bars show at one step, from logits (K,) and auxiliary logits (B, K)."""
    final = int(logits.argmax())
    if not len(auxiliary):
        own = percent(float(softmax(logits, axis=-1)[label]))
        return f"The true class {classes[label]} has {own} of p', the only answer there is."
    first = int(auxiliary[0].argmax())
    own, before = percent(float(softmax(logits, axis=-1)[label])), percent(float(softmax(auxiliary[0], axis=-1)[label]))
    text = f"The true class {classes[label]} has {before} before the attention (p) and {own} after it (p')."
    if first == final:
        return text + f" The attention multiplies by the row of {classes[first]}, and p' follows it."
    return text + f" The attention multiplies by the row of {classes[first]}, yet p' ends at {classes[final]}."


def perturbation_sentence(delta: FloatArray, epsilon: float, norm: str) -> str:
    """How large a perturbation (C, H, W) is."""
    largest, share = float(np.abs(delta).max()), float((np.abs(delta) > 1e-6).mean())
    if norm == "l2":
        length = float(np.sqrt((delta**2).sum()))
        return f"Its length is {length:.2f} of {epsilon_text(epsilon)} allowed; {share:.0%} of the pixels change."
    change = f"The largest change is {epsilon_text(largest)} of {epsilon_text(epsilon)} allowed"
    return f"{change}; {share:.0%} of the pixels change."
