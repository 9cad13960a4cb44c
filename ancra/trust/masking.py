"""Does another way in break what the attack on the final output left standing?"""

from functools import partial

import torch
from torch import Tensor, nn

from ancra.attacks.noise import noise
from ancra.attacks.objectives import first_head
from ancra.attacks.pgd import pgd
from ancra.attacks.suite import ATTACKS, run_attack
from ancra.attacks.verdict import AttackResult, frozen, judge
from ancra.models.plain import as_classifier
from ancra.trust.check import ATHALYE_2018, CARLINI_2019, CROCE_2020, OURS, TRAMER_2020, Finding, check
from ancra.trust.operations import GONE_AROUND, straight_through, untouched_operations
from ancra.trust.report import Level
from ancra.trust.subject import Subject

HEAD_ATTACKS = ("margin_first", "ce_first", "soft_attention", "adaptive")
# Fewer images than this say nothing about a model.
FEW = 5
NOTHING_CLAIMED = "The claim counts hardly any image as robust, so there is nothing that it could overstate here."


@check("heads", "Attacks on the auxiliary outputs", TRAMER_2020 + "; " + OURS, amber=0.5, red=2)
def heads(subject: Subject) -> tuple[float, str] | Finding:
    """The same PGD aimed at each exposed head, judged on the final decision, against the claim at equal budget."""
    if not subject.has_heads:
        return Finding(Level.GREEN, "The model exposes one output only, so there is no other head to attack.")
    drops = {name: subject.points(subject.claimed, subject.survive(name)) for name in HEAD_ATTACKS}
    name, drop = max(drops.items(), key=lambda item: item[1])
    if drop <= 0.5:
        return drop, "Attacking the auxiliary outputs breaks no more images than attacking the final one."
    return drop, (
        f"With the same number of steps, {ATTACKS[name].title} leaves {drop:.1f} points less than the claim: "
        "the final output hides the gradient that an attacker needs."
    )


@check("losses", "Other losses on the final output", CROCE_2020 + "; " + OURS, amber=4, red=6)
def losses(subject: Subject) -> tuple[float, str]:
    """Cross-entropy against margin and logits ratio on p', one search each."""
    others = {name: alive for name, alive in subject.final_attacks.items() if name in {"margin", "dlr"}}
    drops = {name: subject.points(subject.claimed, alive) for name, alive in others.items()}
    name, drop = max(drops.items(), key=lambda item: item[1])
    return drop, (
        f"{ATTACKS[name].title} breaks {max(drop, 0):.1f} points more than the claim's cross-entropy."
        if drop > 0
        else "No other loss on the final output breaks more images than the claim's cross-entropy."
    )


@check("square", "A black-box attack on the survivors", CROCE_2020 + ", its Square flag", amber=0, red=0.2)
def square(subject: Subject) -> tuple[float, str] | Finding:
    """Square, which uses no gradient, on what the white-box attacks on p' left standing."""
    if subject.threat.epsilon == 0:
        return Finding(Level.NOT_RUN, "At epsilon 0 there is nothing to search.")
    alive = subject.survive("square", among=subject.white_box)
    broken = subject.points(subject.white_box, alive)
    if broken == 0:
        return broken, "A search without any gradient breaks none of the images that the white-box attacks left."
    count = int(subject.white_box.sum() - alive.sum())
    text = (
        f"A search without any gradient breaks {count} images that attacks with full knowledge of the model left "
        "standing: their gradients must have been misleading."
    )
    # One image of a small sample is more than 0.2 points, and no pattern.
    return Finding(Level.AMBER, text, broken) if count == 1 else (broken, text)


@check("transfer", "Images made on other models", CARLINI_2019 + "; " + OURS, amber=0, red=1)
def transfer(subject: Subject) -> tuple[float, str] | Finding:
    """Adversarial images made on other models, tried on what the white-box attacks on p' left standing."""
    if not subject.others:
        return Finding(Level.NOT_RUN, "No other model of the same classes was given.")
    alive = subject.white_box
    for other in subject.others:
        alive = subject.survive(partial(_crafted_on, subject, other), among=alive)
    broken = subject.points(subject.white_box, alive)
    if broken == 0:
        return broken, f"Adversarial images made on {len(subject.others)} other models break no image that was left."
    return broken, (
        f"Adversarial images made on other models break {broken:.1f} points that the attack on this very model left: "
        "an attacker who knows less should not do better."
    )


def _crafted_on(subject: Subject, other: nn.Module, images: Tensor, labels: Tensor) -> AttackResult:
    found = run_attack(other, images, labels, "adaptive", subject.threat)
    return judge(subject.model, found.images, labels)


@check("noise", "Random noise on the survivors", CARLINI_2019 + "; " + OURS, amber=0, red=0.5)
def random_noise(subject: Subject) -> tuple[float, str]:
    """Ten random points of the ball for each image that the claim counts as robust."""
    alive = subject.survive(
        lambda images, labels: noise(subject.model, images, labels, subject.threat), among=subject.claimed
    )
    broken = subject.points(subject.claimed, alive)
    if broken == 0:
        return broken, "Random noise breaks none of the images that the attack left."
    return broken, f"Plain random noise breaks {broken:.1f} points that the attack could not: the attack did not work."


@check("operations", "Steps that no gradient passes", ATHALYE_2018 + "; " + OURS, unit="")
def operations(subject: Subject) -> Finding:
    """Choices and rounding inside the forward pass, which autograd treats as constants; then an attack around them."""
    found = untouched_operations(subject.model, subject.images[:8])
    if found and subject.has_heads:
        return _attention_switch(subject, found)
    if not found:
        return Finding(Level.GREEN, "Every step from the image to the answer lets gradients through.")
    names = ", ".join(sorted(found))
    if not found <= GONE_AROUND:
        text = (
            f"The forward pass contains {names}, through which no gradient passes, and no attack here goes around it."
        )
        return Finding(Level.RED, text)
    alive = subject.survive(lambda images, labels: _around(subject, images, labels), among=subject.claimed)
    drop = subject.points(subject.claimed, alive)
    text = (
        f"The forward pass contains {names}, through which no gradient passes. An attack that takes it for the "
        f"identity on the way back breaks {drop:.1f} points more."
    )
    return Finding(Level.RED if drop > 2 else Level.AMBER, text, drop)


def _around(subject: Subject, images: Tensor, labels: Tensor) -> AttackResult:
    with straight_through():
        found = pgd(subject.model, images, labels, subject.threat.pgd())
    return judge(subject.model, found.images, labels)


def _attention_switch(subject: Subject, found: set[str]) -> Finding:
    with frozen(subject.model), torch.no_grad():
        prediction = as_classifier(subject.model).predict(subject.images)
    agreement = float((prediction.classes == first_head(prediction).argmax(dim=1)).float().mean())
    return Finding(
        Level.AMBER,
        f"The answer is steered by {', '.join(sorted(found))}, which no gradient passes; it agrees "
        f"with the first auxiliary output on {agreement:.1%} of the images. Attacks around that choice were run: see "
        "'Attacks on the auxiliary outputs'.",
        agreement,
    )
