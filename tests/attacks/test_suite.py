"""Every named attack stays inside its threat; AutoAttack and Square come from their authors' code."""

import pytest
import torch
from torch import nn

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.pgd import pgd
from ancra.attacks.settings import AttackSettings, Threat
from ancra.attacks.standard import autoattack, square
from ancra.attacks.suite import ATTACKS, WORST_CASE, attack_title, plainest, preset, run_attack
from ancra.checkpoints import load_checkpoint, resolve_checkpoint
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from tests.attacks.conftest import Case

THREAT = Threat(epsilon=0.15, steps=5, queries=20)


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "autoattack"])
def test_it_stays_in_the_ball_and_tells_the_truth(case: Case, name: str) -> None:
    result = run_attack(case.model, case.images, case.labels, name, THREAT)
    assert (result.images - case.images).abs().max() <= 0.15 + 1e-6
    assert result.images.min() >= 0
    assert result.images.max() <= 1
    with torch.no_grad():
        wrong = case.model(result.images).argmax(dim=1) != case.labels
    assert torch.equal(wrong, result.success)


def test_l2_stays_in_the_ball(case: Case) -> None:
    result = run_attack(case.model, case.images, case.labels, "pgd", THREAT.with_changes(norm="l2", epsilon=1.0))
    assert (result.images - case.images).flatten(1).norm(dim=1).max() <= 1 + 1e-5


def test_autoattack_finds_at_least_what_its_first_part_finds(case: Case) -> None:
    first = autoattack(case.model, case.images, case.labels, epsilon=0.15, parts=("apgd-ce",), steps=10)
    both = autoattack(
        case.model, case.images, case.labels, epsilon=0.15, parts=("apgd-ce", "square"), steps=10, queries=50
    )
    assert int(both.success.sum()) >= int(first.success.sum())
    assert (both.images - case.images).abs().max() <= 0.15 + 1e-6


def test_square_leaves_the_random_state_alone(case: Case) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    square(case.model, case.images, case.labels, epsilon=0.1, queries=5)
    assert torch.equal(torch.rand(3), expected)


def test_it_says_what_it_cannot_attack(case: Case) -> None:
    with pytest.raises(AncraError, match="epsilon above 0"):
        autoattack(case.model, case.images, case.labels, epsilon=0)
    two = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    with pytest.raises(AncraError, match="4 classes"):
        autoattack(two, case.images, torch.zeros(12, dtype=torch.long), epsilon=0.1)
    with pytest.raises(AncraError, match="did you mean 'adaptive'"):
        run_attack(case.model, case.images, case.labels, "adaptve", THREAT)


def test_all_images_wrong_already_is_no_error() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 5))
    images = torch.rand(4, 1, 8, 8)
    with torch.no_grad():
        labels = (model(images).argmax(dim=1) + 1) % 5
    assert autoattack(model, images, labels, epsilon=0.1).success.all()


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.plain])
def test_without_auxiliary_logits_an_attack_is_its_plain_one(name: str) -> None:
    attack, plain = preset(f"{name}7").search(0.1), preset(plainest(f"{name}7")).search(0.1)
    assert attack.with_changes(objective=OBJECTIVES[attack.objective].falls_back) == plain


def test_an_attack_that_needs_no_auxiliary_logits_is_its_own_plain_one() -> None:
    assert [plainest(name) for name in ("natural", "pgd40", "square", "adaptive")] == [
        "natural",
        "pgd40",
        "square",
        "pgd",
    ]


def test_worst_case_attacks_exist() -> None:
    assert set(WORST_CASE) <= set(ATTACKS)


def test_pgd_agrees_with_apgd() -> None:
    """Our search and AutoAttack's, on the same loss with as many steps, break the same share of images."""
    model, card = load_checkpoint(resolve_checkpoint("digits/pgd-at"))
    test = load_dataset(DataSettings(name=card.dataset)).test
    images, labels = test.batch(test.sample(300, seed=0))
    ours = pgd(model, images, labels, Threat(epsilon=0.2, steps=50).pgd(restarts=2, keep="first"))
    theirs = autoattack(model, images, labels, epsilon=0.2, parts=("apgd-ce",), steps=100)
    share = float(theirs.success.float().mean())
    assert 0.2 < share < 0.6
    assert float(ours.success.float().mean()) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("name", "title", "settings"),
    [
        ("pgd10", "PGD-10", AttackSettings(epsilon=0.1, steps=10)),
        ("adaptive40", "Adaptive PGD-40", AttackSettings(epsilon=0.1, steps=40, objective="joint")),
        ("margin", "Margin on p'", AttackSettings(epsilon=0.1, steps=40, objective="margin")),
        (
            "margin_first20",
            "Margin on the first auxiliary logits, 20 steps",
            AttackSettings(epsilon=0.1, steps=20, objective="margin_first"),
        ),
        ("fgsm", "FGSM", AttackSettings(epsilon=0.1, steps=1, start="none")),
    ],
)
def test_a_preset_is_a_named_attack_with_a_number_of_steps(name: str, title: str, settings: AttackSettings) -> None:
    assert attack_title(name) == title
    assert preset(name).search(0.1) == settings


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pdg10", "pgd10"),
        ("fgsm3", "takes no number of steps"),
        ("square10", "takes no number of steps"),
        ("10", "attack"),
    ],
)
def test_a_wrong_preset_is_one_sentence(name: str, words: str) -> None:
    with pytest.raises(AncraError, match=words):
        preset(name)


def test_what_is_no_search_has_no_steps_to_follow() -> None:
    with pytest.raises(AncraError, match="no steps to follow"):
        preset("square").search(0.1)
