"""Named attacks, and the lists of them whose worst case, sample by sample, is the number to quote."""

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import torch
from torch import Tensor, nn

from ancra.attacks.pgd import DEFAULT_TARGETS, AttackResult, frozen, pgd, project, start_point
from ancra.attacks.settings import Keep, Threat
from ancra.attacks.standard import autoattack, judge, square
from ancra.registry import Registry


@dataclass(frozen=True)
class NamedAttack:
    """An attack with a name.

    Attributes:
        name: the registry's name. title: the name shown to people. explanation: one plain sentence.
        run: (model, images (N, C, H, W), labels (N,), threat, which point of a search to keep) -> what it found.
        searches: its budget, in searches of ``threat.steps`` gradient steps; 0 for one without gradients.
    """

    name: str
    title: str
    explanation: str
    run: Callable[[nn.Module, Tensor, Tensor, Threat, Keep], AttackResult]
    searches: int = 1


ATTACKS: Registry[NamedAttack] = Registry("attack")

# Strongest first (so that most images are retired early); each member reads p' where a model has no auxiliary logits,
# so models with and without reverse attention face the same number of steps.
WORST_CASE = ("margin_first", "margin_first_targets", "soft_attention", "adaptive", "pgd")


def run_attack(
    model: nn.Module, images: Tensor, labels: Tensor, name: str, threat: Threat, keep: Keep = "best"
) -> AttackResult:
    """Run an attack by name.

    Args:
        keep: which point of a gradient search counts; ``first`` is the cheapest where only the accuracy matters.

    Raises:
        AncraError: an unknown attack, with the nearest known name.
    """
    return ATTACKS[name].run(model, images, labels, threat, keep)


def noise(model: nn.Module, images: Tensor, labels: Tensor, threat: Threat, tries: int = 10) -> AttackResult:
    """The weakest attack there is: uniform random points of the ball, each judged by the model."""
    settings = threat.pgd(steps=0)
    generator = torch.Generator(images.device).manual_seed(threat.seed)
    with frozen(model):
        result = judge(model, images, labels)
        for _ in range(tries):
            other = judge(model, project(start_point(images, settings, generator), images, settings), labels)
            better = (other.success & ~result.success) | (
                (other.success == result.success) & (other.loss > result.loss)
            )
            result = AttackResult(
                torch.where(better.view(-1, 1, 1, 1), other.images, result.images),
                result.success | other.success,
                torch.where(better, other.loss, result.loss),
            )
    return result


def _gradient(name: str, title: str, explanation: str, searches: int = 1, **settings: object) -> None:
    def run(model: nn.Module, images: Tensor, labels: Tensor, threat: Threat, keep: Keep) -> AttackResult:
        # Where two objectives coincide (models without auxiliary logits) another start makes the second a restart.
        seed = threat.seed + crc32(name.encode()) % 10_000
        return pgd(model, images, labels, threat.pgd(**{**settings, "seed": seed, "keep": keep}))  # type: ignore[arg-type]

    ATTACKS.add(name)(NamedAttack(name, title, explanation, run, searches))


_gradient(
    "fgsm", "FGSM", "One step of length epsilon along the sign of the gradient.", steps=1, step_size=None, start="none"
)
_gradient("pgd", "PGD", "Many small steps that make the final answer p' look wrong.")
_gradient("margin", "Margin on p'", "PGD that lifts the best wrong class of p' over the right one.", objective="margin")
_gradient(
    "dlr",
    "DLR on p'",
    "PGD on the difference of logits ratio of p', which no scaling of logits flattens.",
    objective="dlr",
)
_gradient(
    "margin_targets",
    "Margin on p', nine targets",
    "The margin attack, once for each of the nine likeliest wrong classes.",
    DEFAULT_TARGETS,
    objective="margin",
    targets=DEFAULT_TARGETS,
)
_gradient(
    "adaptive", "Adaptive PGD", "The paper's adaptive attack: final and auxiliary answers at once.", objective="joint"
)
_gradient(
    "ce_first",
    "CE on the first auxiliary logits",
    "PGD on the answer before any attention.",
    objective="ce_first",
)
_gradient(
    "margin_first",
    "Margin on the first auxiliary logits",
    "The margin attack on the answer before any attention has multiplied the features.",
    objective="margin_first",
)
_gradient(
    "margin_first_targets",
    "Margin on the first auxiliary logits, nine targets",
    "The same, once for each of the nine likeliest wrong classes.",
    DEFAULT_TARGETS,
    objective="margin_first",
    targets=DEFAULT_TARGETS,
)
_gradient(
    "soft_attention",
    "Soft attention",
    "The attacker replaces the hard choice of a row by its expectation and differentiates through it.",
    objective="soft_attention",
)
_gradient(
    "forced_target",
    "Forced target",
    "The attacker forces the attention to each likely wrong class in turn.",
    DEFAULT_TARGETS,
    objective="forced_target",
)
ATTACKS.add("noise")(
    NamedAttack(
        "noise",
        "Random noise",
        "Ten random points of the ball, no search at all.",
        lambda model, images, labels, threat, keep: noise(model, images, labels, threat),
        0,
    )
)
ATTACKS.add("square")(
    NamedAttack(
        "square",
        "Square",
        "A black-box attack: it only asks for answers, so masked gradients do not stop it.",
        lambda model, images, labels, threat, keep: square(
            model, images, labels, epsilon=threat.epsilon, norm=threat.norm, queries=threat.queries, seed=threat.seed
        ),
        0,
    )
)
ATTACKS.add("autoattack")(
    NamedAttack(
        "autoattack",
        "AutoAttack",
        "The standard set of four attacks on p' (APGD-CE, targeted APGD, targeted FAB, Square), the authors' own code.",
        lambda model, images, labels, threat, keep: autoattack(
            model, images, labels, epsilon=threat.epsilon, norm=threat.norm, seed=threat.seed
        ),
        24,
    )
)
