"""The contrast and the objectives against their formulas, written out sample by sample."""

import math

import pytest
import torch
import torch.nn.functional as F

from ancra.attacks.search import perturb
from ancra.attacks.settings import AttackSettings
from ancra.losses.contrast import contrast, similarity
from ancra.losses.objectives import Passes, boosted_cross_entropy, kl_from_adversarial, training_loss
from ancra.losses.settings import Base, ContrastSettings, ObjectiveSettings
from ancra.losses.step import training_step
from ancra.models.prediction import Prediction
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.negatives.settings import NegativeSettings

ANCHOR = torch.tensor([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0], [1.0, 0.0, 4.0]])
NEGATIVE = torch.tensor([[1.0, 0.5, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
LABELS = torch.tensor([0, 1, 0])


def test_similarity_is_the_root_of_the_confidences_where_the_classes_agree() -> None:
    found = similarity(ANCHOR, NEGATIVE)
    p, q = ANCHOR.softmax(dim=1).tolist(), NEGATIVE.softmax(dim=1).tolist()
    expected = [math.sqrt(p[0][0] * q[0][0]), 0.0, math.sqrt(p[2][2] * q[2][2])]
    assert found.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_alpha_divides_the_force_between_anchor_and_negative(alpha: float) -> None:
    anchor, negative = ANCHOR.clone().requires_grad_(), NEGATIVE.clone().requires_grad_()
    loss = contrast(anchor, negative, alpha)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(float(similarity(ANCHOR, NEGATIVE).sum()) / 3)
    whole_anchor, whole_negative = ANCHOR.clone().requires_grad_(), NEGATIVE.clone().requires_grad_()
    (similarity(whole_anchor, whole_negative).sum() / 3).backward()
    assert torch.allclose(anchor.grad, (1 - alpha) * whole_anchor.grad)
    assert torch.allclose(negative.grad, alpha * whole_negative.grad)


def test_anchors_without_a_negative_count_as_zero() -> None:
    valid = torch.tensor([True, True, False])
    assert float(contrast(ANCHOR, NEGATIVE, 1.0, valid)) == pytest.approx(float(similarity(ANCHOR, NEGATIVE)[0]) / 3)


def test_kl_is_from_natural_to_adversarial() -> None:
    p, q = ANCHOR.softmax(dim=1), NEGATIVE.softmax(dim=1)
    assert torch.allclose(kl_from_adversarial(ANCHOR, NEGATIVE), (p * (p / q).log()).sum(dim=1), atol=1e-6)


def test_kl_gradient_is_finite_where_a_probability_underflows() -> None:
    natural = torch.tensor([[500.0, 0.0, -500.0]], requires_grad=True)
    kl_from_adversarial(natural, torch.tensor([[0.0, 300.0, 0.0]])).sum().backward()
    assert torch.isfinite(natural.grad).all()


def test_boosted_cross_entropy_is_marts() -> None:
    p = ANCHOR.softmax(dim=1).tolist()
    expected = [
        -math.log(p[0][0]) - math.log(1 - max(p[0][1], p[0][2])),
        -math.log(p[1][1]) - math.log(1 - max(p[1][0], p[1][2])),
        -math.log(p[2][0]) - math.log(1 - max(p[2][1], p[2][2])),
    ]
    assert boosted_cross_entropy(ANCHOR, LABELS).tolist() == pytest.approx(expected, rel=1e-5)
    sure = torch.tensor([[0.0, 80.0, 0.0]])
    assert torch.isfinite(boosted_cross_entropy(sure, torch.tensor([0]))).all()


def test_trades_weighs_its_parts() -> None:
    natural, adversarial = Prediction(ANCHOR, (ANCHOR * 2,)), Prediction(NEGATIVE, (NEGATIVE * 2,))
    settings = ObjectiveSettings(base="trades", beta=6, auxiliary_weight=2, contrast=ContrastSettings(zeta=3, alpha=1))
    found = training_loss(settings, Passes(natural, adversarial, adversarial), LABELS)
    ce = F.cross_entropy(ANCHOR, LABELS) + 2 * F.cross_entropy(ANCHOR * 2, LABELS)
    kl = kl_from_adversarial(ANCHOR, NEGATIVE).mean() + 2 * kl_from_adversarial(ANCHOR * 2, NEGATIVE * 2).mean()
    con = contrast(ANCHOR, NEGATIVE, 1.0) + 2 * contrast(ANCHOR * 2, NEGATIVE * 2, 1.0)
    assert float(found.parts["natural"]) == pytest.approx(float(ce))
    assert float(found.parts["robust"]) == pytest.approx(float(kl))
    assert float(found.parts["contrast"]) == pytest.approx(float(con))
    assert float(found.total) == pytest.approx(float(ce + 6 * kl + 3 * con))


PARTS = {"natural": {"natural"}, "pgd_at": {"robust"}, "trades": {"natural", "robust"}, "mart": {"boosted", "robust"}}


STEPS = [(base, ancra) for base in PARTS for ancra in (False, True) if base != "natural" or not ancra]


@pytest.mark.parametrize(("base", "ancra"), STEPS)
def test_a_step_gives_every_part_and_a_gradient(base: Base, ancra: bool) -> None:
    torch.manual_seed(0)
    model = build_model(ModelSettings(reverse_attention_blocks=2 if ancra else 0, width=4), (1, 8, 8), 3)
    loss = training_step(
        model.train(),
        torch.rand(6, 1, 8, 8),
        torch.tensor([0, 1, 2, 0, 1, 2]),
        objective=ObjectiveSettings(base=base, contrast=ContrastSettings() if ancra else None),
        attack=AttackSettings(epsilon=0.1, steps=2, start="gaussian", objective="joint"),
        negatives=NegativeSettings(picker="soft_ls", warmup_epochs=0),
        epoch=0,
        generator=torch.Generator().manual_seed(0),
    )
    loss.total.backward()
    assert set(loss.parts) == PARTS[base] | ({"contrast"} if ancra else set())
    assert torch.isfinite(loss.total)
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())
    assert model.training


def test_both_attacks_in_one_batch_equal_two_attacks() -> None:
    """In evaluation mode samples do not meet, so halves of one batch are what two batches give."""
    torch.manual_seed(0)
    model = build_model(ModelSettings(reverse_attention_blocks=2, width=4), (1, 8, 8), 3)
    images, labels = torch.rand(5, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1])
    settings = AttackSettings(epsilon=0.1, steps=4, start="none", objective="joint")
    direction = torch.tensor([1.0] * 5 + [-1.0] * 5)
    both = perturb(model, images.repeat(2, 1, 1, 1), labels.repeat(2), settings, torch.Generator(), direction)
    away = perturb(model, images, labels, settings, torch.Generator(), 1.0)
    into = perturb(model, images, labels, settings, torch.Generator(), -1.0)
    assert torch.allclose(both, torch.cat([away, into]), atol=1e-6)
