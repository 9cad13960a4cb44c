"""Named attacks, their presets, and the lists of them whose worst case, sample by sample, is the number to quote.

The names are known without torch: each attack loads what it needs when it is run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from ancra.attacks.settings import DEFAULT_TARGETS, AttackSettings, Keep, Threat
from ancra.errors import AncraError, unknown_name
from ancra.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ancra.attacks.verdict import AttackResult

NATURAL, NATURAL_TITLE = "natural", "No attack"


@dataclass(frozen=True)
class NamedAttack:
    """An attack with a name.

    Attributes:
        name: the registry's name. title: the name shown to people. explanation: one plain sentence.
        run: (model, images (N, C, H, W), labels (N,), threat, which point of a search to keep) -> what it found.
        searches: its budget, in searches of ``threat.steps`` gradient steps; 0 for one without gradients.
        pgd: what it changes in the settings of PGD; None for an attack that is no search by PGD.
        fewest_classes: from how many classes on it can be run.
        plain: the named attack that it is on a model without auxiliary logits; None: it needs none to be itself.
    """

    name: str
    title: str
    explanation: str
    run: "Callable[[nn.Module, Tensor, Tensor, Threat, Keep], AttackResult]"
    searches: int = 1
    pgd: Mapping[str, object] | None = None
    fewest_classes: int = 2
    plain: str | None = None


ATTACKS: Registry[NamedAttack] = Registry("attack")

# Strongest first (so that most images are retired early); each member reads p' where a model has no auxiliary logits,
# so models with and without reverse attention face the same number of steps.
WORST_CASE = ("margin_first", "margin_first_targets", "soft_attention", "adaptive", "pgd")


@dataclass(frozen=True)
class Preset:
    """A named attack with a number of steps, as ``pgd40`` writes it.

    Attributes:
        name: the text that names it. steps: None for the attack's own number.
    """

    name: str
    attack: NamedAttack
    steps: int | None

    @property
    def title(self) -> str:
        """The name shown to people: ``PGD-40``, ``Margin on p', 40 steps``."""
        if self.steps is None:
            return self.attack.title
        title = self.attack.title
        return f"{title}-{self.steps}" if title.endswith("PGD") else f"{title}, {self.steps} steps"

    def threat(self, epsilon: float, seed: int = 0) -> Threat:
        """What it may do within an epsilon in Linf, with its number of steps."""
        threat = Threat(epsilon=epsilon, seed=seed)
        return threat if self.steps is None else threat.with_changes(steps=self.steps)

    def search(self, epsilon: float) -> AttackSettings:
        """The settings of its search. Raises AncraError for an attack that is no search by PGD."""
        if self.attack.pgd is None:
            raise AncraError(f"{self.attack.title} is no search by gradients, so it has no steps to follow.")
        return self.threat(epsilon).pgd(**self.attack.pgd)  # type: ignore[arg-type]


def preset(name: str) -> Preset:
    """The attack that a name means: a named attack's own, or with a number of steps behind it (``pgd40``).

    Raises:
        AncraError: an unknown attack, with the nearest known name; steps for an attack that takes no number of them.
    """
    if name in ATTACKS:
        return Preset(name, ATTACKS[name], None)
    head = name.rstrip("0123456789")
    if head == name or head not in ATTACKS:
        raise unknown_name("attack", name, [NATURAL, *ATTACKS, *(f"{known}{n}" for known in ATTACKS for n in (10, 40))])
    attack = ATTACKS[head]
    if attack.pgd is None or "steps" in attack.pgd:
        raise AncraError(f"{attack.title} takes no number of steps: write {head}.")
    return Preset(name, attack, int(name[len(head) :]))


def plainest(name: str) -> str:
    """The preset that one is on a model without auxiliary logits: ``pgd10`` for ``adaptive10``."""
    if name == NATURAL:
        return name
    attack = preset(name).attack
    return name if attack.plain is None else attack.plain + name.removeprefix(attack.name)


def attack_title(name: str) -> str:
    """A preset's name for people; ``natural`` is no attack, and a name that is gone stays as it is."""
    if name == NATURAL:
        return NATURAL_TITLE
    try:
        return preset(name).title
    except AncraError:
        return name


def run_attack(
    model: "nn.Module", images: "Tensor", labels: "Tensor", name: str, threat: Threat, keep: Keep = "best"
) -> "AttackResult":
    """Run an attack by name.

    Args:
        keep: which point of a gradient search counts; ``first`` is the cheapest where only the accuracy matters.

    Raises:
        AncraError: an unknown attack, with the nearest known name.
    """
    return ATTACKS[name].run(model, images, labels, threat, keep)


def gradient_attack(
    name: str, title: str, explanation: str, searches: int = 1, plain: str | None = None, **changes: object
) -> NamedAttack:
    """A named attack that is a search by PGD with some settings changed (``objective="margin"``); to be registered."""

    def run(model: "nn.Module", images: "Tensor", labels: "Tensor", threat: Threat, keep: Keep) -> "AttackResult":
        from ancra.attacks.pgd import pgd

        # Where two objectives coincide (models without auxiliary logits) another start makes the second a restart.
        seed = threat.seed + crc32(name.encode()) % 10_000
        return pgd(model, images, labels, threat.pgd(**{**changes, "seed": seed, "keep": keep}))  # type: ignore[arg-type]

    return NamedAttack(name, title, explanation, run, searches, changes, plain=plain)


def _noise(model: "nn.Module", images: "Tensor", labels: "Tensor", threat: Threat, keep: Keep) -> "AttackResult":
    from ancra.attacks.noise import noise

    return noise(model, images, labels, threat)


def _square(model: "nn.Module", images: "Tensor", labels: "Tensor", threat: Threat, keep: Keep) -> "AttackResult":
    from ancra.attacks.standard import square

    return square(
        model, images, labels, epsilon=threat.epsilon, norm=threat.norm, queries=threat.queries, seed=threat.seed
    )


def _autoattack(model: "nn.Module", images: "Tensor", labels: "Tensor", threat: Threat, keep: Keep) -> "AttackResult":
    from ancra.attacks.standard import autoattack

    return autoattack(model, images, labels, epsilon=threat.epsilon, norm=threat.norm, seed=threat.seed)


for _attack in (
    gradient_attack(
        "fgsm",
        "FGSM",
        "One step of length epsilon along the sign of the gradient.",
        steps=1,
        step_size=None,
        start="none",
    ),
    gradient_attack("pgd", "PGD", "Many small steps that make the final answer p' look wrong."),
    gradient_attack(
        "margin", "Margin on p'", "PGD that lifts the best wrong class of p' over the right one.", objective="margin"
    ),
    gradient_attack(
        "dlr",
        "DLR on p'",
        "PGD on the difference of logits ratio of p', which no scaling of logits flattens.",
        objective="dlr",
    ),
    gradient_attack(
        "margin_targets",
        "Margin on p', nine targets",
        "The margin attack, once for each of the nine likeliest wrong classes.",
        DEFAULT_TARGETS,
        objective="margin",
        targets=DEFAULT_TARGETS,
    ),
    gradient_attack(
        "adaptive",
        "Adaptive PGD",
        "The paper's adaptive attack: final and auxiliary answers at once.",
        plain="pgd",
        objective="joint",
    ),
    gradient_attack(
        "ce_first",
        "CE on the first auxiliary logits",
        "PGD on the answer before any attention.",
        plain="pgd",
        objective="ce_first",
    ),
    gradient_attack(
        "margin_first",
        "Margin on the first auxiliary logits",
        "The margin attack on the answer before any attention has multiplied the features.",
        plain="margin",
        objective="margin_first",
    ),
    gradient_attack(
        "margin_first_targets",
        "Margin on the first auxiliary logits, nine targets",
        "The same, once for each of the nine likeliest wrong classes.",
        DEFAULT_TARGETS,
        plain="margin_targets",
        objective="margin_first",
        targets=DEFAULT_TARGETS,
    ),
    gradient_attack(
        "soft_attention",
        "Soft attention",
        "The attacker replaces the hard choice of a row by its expectation and differentiates through it.",
        objective="soft_attention",
    ),
    gradient_attack(
        "forced_target",
        "Forced target",
        "The attacker forces the attention to each likely wrong class in turn.",
        DEFAULT_TARGETS,
        objective="forced_target",
    ),
    NamedAttack("noise", "Random noise", "Ten random points of the ball, no search at all.", _noise, 0),
    NamedAttack(
        "square",
        "Square",
        "A black-box attack: it only asks for answers, so masked gradients do not stop it.",
        _square,
        0,
    ),
    NamedAttack(
        "autoattack",
        "AutoAttack",
        "The standard set of four attacks on p' (APGD-CE, targeted APGD, targeted FAB, Square), the authors' own code.",
        _autoattack,
        24,
        fewest_classes=4,  # its targeted parts rank three wrong ones
    ),
):
    ATTACKS.add(_attack.name)(_attack)

_OURS = frozenset(ATTACKS)


def own_attacks() -> list[str]:
    """The names of the attacks that plugins have added."""
    return [name for name in ATTACKS if name not in _OURS]
