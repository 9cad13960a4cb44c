"""Statistics of strategies: what they count, what they compare with, and how batches go on from earlier ones."""

import numpy as np
import pytest
import torch
from torch import nn

from ancra.attacks.settings import AttackSettings
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.evaluation.intervals import Measured
from ancra.losses.contrast import similarity
from ancra.losses.objectives import Passes, training_loss
from ancra.losses.settings import ContrastSettings, ObjectiveSettings
from ancra.models.registry import build_model
from ancra.models.reverse_attention import label_rows
from ancra.models.settings import ModelSettings
from ancra.negatives.strategy import select_negatives
from ancra.strategies.known import strategies, strategy
from ancra.strategies.measures import MEASURES, Weights
from ancra.strategies.observed import Observed, observe
from ancra.strategies.summary import Statistics
from ancra.strategies.words import leading, value_text

ATTACK = AttackSettings(epsilon=0.2, steps=3, start="gaussian", objective="joint")
CLASSES = tuple(str(digit) for digit in range(10))


@pytest.fixture(scope="module")
def digits():
    return load_dataset(DataSettings(name="digits")).test


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return build_model(ModelSettings(width=4, reverse_attention_blocks=2), (1, 8, 8), 10).eval()


@pytest.fixture
def seen(model, digits):
    images, labels = digits.batch(slice(0, 40))
    return observe(model, images, labels, strategies(), ATTACK, seed=3)


def made(count=100, **columns) -> Observed:
    """Observed rows that say nothing but what is given."""
    zero, one = np.zeros(count), np.ones((count, 1))
    blank = dict.fromkeys(Observed.__dataclass_fields__, zero)
    blank |= {"contrast": one, "logit_force": one, "anchor_logit_force": one, "feature_force": one}
    blank |= {"anchor_feature_force": one, "reached": one > 0, "toward": one, "valid": zero == 0, "others": zero + 9}
    return Observed(**{**blank, **columns})


def compared(**observed: Observed) -> Statistics:
    return Statistics.of(observed, CLASSES, Weights())


def test_every_row_meets_the_condition_of_its_strategy(seen):
    for name, rows in seen.items():
        assert (rows.negative_label != rows.label).all()
        assert (rows.fallback == (rows.candidates == 0)).all()
        if name in ("soft_ls", "hard_ls"):
            wanted = rows.predicted if name == "soft_ls" else rows.label
            found = ~rows.fallback
            assert found.any()
            assert (rows.negative_predicted[found] == wanted[found]).all()


def test_the_contrast_is_that_of_the_training_objective(model, digits):
    images, labels = digits.batch(slice(0, 32))
    rows = observe(model, images, labels, {"hard_ls": strategy("hard_ls")}, ATTACK)["hard_ls"]
    chosen = torch.as_tensor(rows.negative).long()
    own, other = (model.predict(images[each], label_rows(labels[each])) for each in (torch.arange(32), chosen))
    objective = ObjectiveSettings(contrast=ContrastSettings(alpha=0.3), auxiliary_weight=1.5)
    parts = training_loss(objective, Passes(own, own, other), labels).parts
    contrast = Weights(alpha=0.3, auxiliary=1.5).summed(rows.contrast)
    assert contrast.mean() == pytest.approx(float(parts["contrast"]), rel=1e-4)
    assert contrast.mean() > 0


def test_forces_are_the_gradients_of_the_similarity(model, digits):
    images, labels = digits.batch(slice(0, 32))
    rows = observe(model, images, labels, {"soft_ls": strategy("soft_ls")}, ATTACK)["soft_ls"]
    own = model.predict(images, label_rows(labels))
    chosen = torch.as_tensor(rows.negative).long()
    for head, logits in enumerate((own.logits, *own.auxiliary)):
        features = (own.features_after[-1], *own.features_before)[head]
        anchor, negative = features.detach().requires_grad_(), features[chosen].detach().requires_grad_()
        assert torch.allclose(model.head(anchor), logits, atol=1e-4)
        total = similarity(model.head(anchor), model.head(negative)).sum()
        at_anchor, at_negative = torch.autograd.grad(total, (anchor, negative))
        assert np.allclose(at_anchor.norm(dim=1).numpy(), rows.anchor_feature_force[:, head], atol=1e-5)
        assert np.allclose(at_negative.norm(dim=1).numpy(), rows.feature_force[:, head], atol=1e-5)
    assert (rows.contrast > 0).any()


def test_alpha_divides_the_forces(seen):
    at = {alpha: Statistics.of(seen, CLASSES, Weights(alpha)) for alpha in (0.0, 0.25, 1.0)}
    for anchor, negative in (("anchor_logits", "negative_logits"), ("anchor_features", "negative_features")):
        whole = at[1.0].values("hard_ls", negative)
        assert not at[1.0].values("hard_ls", anchor).any()
        assert not at[0.0].values("hard_ls", negative).any()
        assert np.allclose(at[0.25].values("hard_ls", negative), 0.25 * whole)
        assert np.allclose(at[0.25].values("hard_ls", anchor), 0.75 * at[0.0].values("hard_ls", anchor))
    with pytest.raises(AncraError, match="from 0 to 1"):
        Weights(1.5)


def test_the_targeted_attack_differs_from_random_by_the_perturbation_alone(model, digits, seen):
    random, targeted = seen["random"], seen["targeted_attack"]
    assert (random.negative == targeted.negative).all()
    assert (random.negative_predicted == targeted.negative_predicted).all()
    assert targeted.reached.shape == (40, ATTACK.steps + 1)
    assert (targeted.reached[:, -1] == (targeted.moved_predicted == targeted.label)).all()
    assert targeted.toward[:, -1].mean() > targeted.toward[:, 0].mean()
    images, labels = digits.batch(slice(0, 40))
    drawn = torch.Generator().manual_seed(0)
    found = select_negatives(model, images, labels, strategy("targeted_attack"), ATTACK, drawn)
    reached = (model(found.images).argmax(dim=1) == labels).float().mean()
    assert abs(float(reached) - targeted.reached[:, -1].mean()) < 0.2


def test_class_pairs_count_every_anchor_once(seen):
    found = Statistics.of(seen, CLASSES, Weights())
    counts = found.pairs("random")
    assert counts.sum() == found.anchors
    assert not np.diag(counts).any()
    alike = found.pairs("soft_ls", "similarity")
    assert np.isnan(alike.diagonal()).all()
    mean = np.nansum(alike * found.pairs("soft_ls")) / found.anchors
    assert mean == pytest.approx(found.measured("soft_ls", "similarity").value, rel=1e-5)


def test_the_distribution_of_similarities_keeps_exactly_0_apart():
    found = compared(random=made(5, similarity=np.array([0, 0, 1e-6, 0.25, 1.0000001])))
    assert found.distribution("random", 4).tolist() == pytest.approx([0.4, 0.4, 0, 0, 0.2])


def test_agreement_against_blind_picks():
    random = np.random.default_rng(0)
    label, negative = np.arange(400) % 2, random.integers(0, 5, (2, 400))
    rows = {
        name: made(400, label=label, negative=picked, negative_label=1 - label, others=np.full(400, 5.0), alike=label)
        for name, picked in zip(("random", "soft_ls"), negative, strict=True)
    }
    found = compared(**rows).agreement("random", "soft_ls")
    assert found.chance_negative == pytest.approx(0.2)
    assert found.negative.low < 0.2 < found.negative.high
    assert found.same_class.value == 1
    assert compared(**rows).agreement("random", "random").negative.value == 1


def test_chance_of_one_class_is_what_blind_picks_give(model, digits):
    images, labels = digits.batch(slice(0, 60))
    rows = observe(model, images, labels, {"random": strategy("random")}, ATTACK)["random"]
    others = labels[labels != labels[0]]
    same = (others[:, None] == others[None, :]).float().mean()
    assert float(rows.alike[0]) == pytest.approx(float(same), rel=1e-5)
    assert int(rows.others[0]) == len(others)


def test_what_the_noise_does_not_separate_is_not_ranked():
    random = np.random.default_rng(0)
    base = random.random(100)
    near = compared(random=made(similarity=base), soft_ls=made(similarity=base + random.normal(0, 1, 100) / 10))
    assert near.standing("similarity").first == near.standing("similarity").order
    assert "No two strategies" in leading(near, "similarity", "similarity")
    # Far smaller than the spread over anchors, yet the same for each of them.
    clear = compared(random=made(similarity=base), soft_ls=made(similarity=base + 0.01 + random.random(100) / 1000))
    assert clear.standing("similarity").first == ("soft_ls",)
    assert leading(clear, "similarity", "similarity").startswith("Soft-LS has the highest")
    few = compared(random=made(4, similarity=np.zeros(4)), soft_ls=made(4, similarity=np.ones(4)))
    assert not few.standing("similarity").apart


def test_anchors_of_a_batch_count_for_fewer_where_they_are_alike():
    groups = np.arange(400) // 20
    flags = np.repeat(np.arange(20) % 2, 20) == 0
    alone, grouped = Measured.share(flags), Measured.share(flags, groups)
    assert alone.value == grouped.value
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)
    values = np.repeat(np.arange(20.0), 20)
    means = Measured.mean(values, groups)
    assert means.high - means.low > 3 * (Measured.mean(values).high - Measured.mean(values).low)
    every = Measured.share(np.ones(50))
    assert every.high == pytest.approx(1)
    assert 0.9 < every.low < 1
    assert np.isnan(Measured.mean(np.ones(1)).low)


def test_a_batch_of_one_class_says_what_to_do(model, digits):
    images, labels = digits.batch(torch.where(digits.labels == 3)[0][:6])
    alone = observe(model, images, labels, strategies(), ATTACK)
    assert not alone["hard_ls"].valid.any()
    with pytest.raises(AncraError, match=r"one class.*larger batch"):
        Statistics.of(alone, CLASSES, Weights())


def test_plain_models_and_plain_data(digits):
    torch.manual_seed(1)
    plain = build_model(ModelSettings(width=4), (1, 8, 8), 10).eval()
    images, labels = digits.batch(slice(0, 30))
    found = Statistics.of(observe(plain, images, labels, strategies(), ATTACK), CLASSES, Weights())
    data = found.to_json()
    assert set(data["strategies"]["random"]["measures"]) == set(MEASURES)
    assert len(data["agreement"]) == 6
    assert data["strategies"]["random"]["measures"]["contrast_auxiliary"]["value"] == 0
    measures = {row["measure"] for row in found.rows()}
    assert measures == {*MEASURES, "reached_by_step", "probability_by_step"}
    assert {row["step"] for row in found.rows() if row["measure"] == "reached_by_step"} == {0, 1, 2, 3}
    assert value_text(found.measured("random", "found"), "found").startswith("100 %")


def test_observing_leaves_the_model_as_it_is(model, digits):
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model.train()
    try:
        observe(model, *digits.batch(slice(0, 8)), strategies(), ATTACK)
        assert all(module.training for module in model.modules() if not isinstance(module, nn.Identity))
    finally:
        model.eval()
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
