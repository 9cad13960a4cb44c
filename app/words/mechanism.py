"""What a negative strategy asks for and what it got, in words with the classes of one anchor filled in."""

from collections.abc import Sequence

from ancra.negatives.picker import PICKERS
from ancra.strategies.known import strategies


def kind(name: str) -> str:
    """A class's name with its article: a 3, an 8, an airplane."""
    vowel = name[:1].lower() in "aeiou" or name == "8" or name in ("11", "18")
    return f"{'an' if vowel else 'a'} {name}"


def notation(strategy: str) -> str:
    """The condition as the paper's Table 2 writes it."""
    settings = strategies()[strategy]
    condition = PICKERS[settings.picker].condition
    return f"{condition}, then h(OE) → gt(ne)" if settings.perturbation == "targeted_attack" else condition


def condition(strategy: str, own: str, answer: str) -> str:
    """The condition in words, for an anchor of class ``own`` that the model calls ``answer``; ``**bold**`` is meant."""
    same = " The model calls the anchor what it is, so Soft-LS and Hard-LS ask for the same." if own == answer else ""
    texts = {
        "random": f"An image that is **not {kind(own)}**.",
        "soft_ls": f"An image that is **not {kind(own)}**, but that the model **calls {kind(answer)}**, "
        f"as it calls the anchor.{same}",
        "hard_ls": f"An image that is **not {kind(own)}**, but that the model **calls {kind(own)}**, "
        f"which is what the anchor is.{same}",
        "targeted_attack": f"An image that is **not {kind(own)}**, drawn by lot, then changed a little, step by step, "
        f"until the model **calls it {kind(own)}**.",
    }
    return texts.get(strategy) or PICKERS[strategies()[strategy].picker].words


def wanted(strategy: str, own: int, answer: int) -> int | None:
    """The class that the model must answer for a candidate; None where the condition does not say so."""
    return {"soft_ls": answer, "hard_ls": own}.get(strategies()[strategy].picker)


def how_picked(strategy: str, found: int, fallback: bool, score: float, own: str) -> str:
    """Why this candidate of ``found`` was picked; ``score`` is its logit for the anchor's class ``own``."""
    if fallback:
        return "No image of this batch meets the condition, so Random chooses."
    logit = f"its logit for {own}, {score:.2f},"
    picker = strategies()[strategy].picker
    if picker == "random":
        return f"Drawn by lot from {found} candidates; {logit} plays no part."
    if picker not in ("soft_ls", "hard_ls"):
        return f"Preferred among {found} candidates by the strategy's own rule; {logit} need not be the highest."
    if found == 1:
        return f"The only candidate; {logit} has no rival."
    return f"The one of {found} candidates that looks most like {kind(own)} to the model: {logit} is the highest."


def head_name(index: int, heads: Sequence[int]) -> str:
    """What a head is called."""
    if index < 0:
        return "p', the final answer"
    return "p, before the attention" if index == 0 else f"p of block {index + 1} of {len(heads) - 1}"


def head_note(index: int, heads: Sequence[int]) -> str:
    """What to know of a head of a model with these heads."""
    if len(heads) == 1:
        return "This model has no reverse attention: p' is its only answer, and the contrast acts on it alone."
    if index == 0:
        return (
            "The contrast acts on every answer that the model gives on its way. This one comes first, before any "
            "reverse attention."
        )
    return (
        "In training the reverse attention in front of this answer is given the true label, so it calls two images of "
        "different classes by different names: they are seldom alike here, and the force comes from the first answer."
    )
