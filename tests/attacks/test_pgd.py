"""PGD on a small network with reverse attention."""

import copy

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from ancra.attacks.objectives import margin
from ancra.attacks.pgd import pgd
from ancra.attacks.search import perturb, search
from ancra.attacks.settings import AttackSettings
from ancra.attacks.verdict import decide, frozen, likeliest_wrong
from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.reverse_attention import label_rows
from ancra.models.settings import ModelSettings

CLASSES = 4


def quadrants(count):
    """Noise with one brighter quadrant, whose number is the class."""
    generator = torch.Generator().manual_seed(count)
    labels = torch.arange(count) % CLASSES
    brighter = nn.functional.one_hot(labels, CLASSES).view(-1, 1, 2, 2).float()
    noise = torch.rand(count, 1, 8, 8, generator=generator)
    return 0.6 * noise + 0.4 * nn.functional.interpolate(brighter, scale_factor=4.0), labels


@pytest.fixture(scope="module")
def model():
    """A tiny network with two reverse-attention blocks, trained for a second."""
    torch.manual_seed(0)
    network = build_model(ModelSettings(width=4, reverse_attention_blocks=2), (1, 8, 8), CLASSES)
    images, labels = quadrants(128)
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(40):
        optimiser.zero_grad()
        prediction = network.predict(images, label_rows(labels))
        sum(nn.functional.cross_entropy(logits, labels) for logits in prediction.auxiliary).backward()
        optimiser.step()
    return network.eval()


@pytest.fixture(scope="module")
def batch(model):
    """Twelve images that the model answers rightly."""
    images, labels = quadrants(12)
    assert torch.equal(decide(model, images).argmax(dim=1), labels)
    return images, labels


def distance(images, center, norm):
    delta = (images - center).flatten(1)
    return delta.abs().amax(dim=1) if norm == "linf" else delta.norm(dim=1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    attack=st.builds(
        AttackSettings,
        norm=st.sampled_from(["linf", "l2"]),
        epsilon=st.sampled_from([0.0, 1e-4, 8 / 255, 0.2, 1.0]),
        steps=st.integers(0, 7),
        step_size=st.sampled_from([None, 1e-3, 0.3, 50.0]),
        start=st.sampled_from(["none", "uniform", "gaussian"]),
        restarts=st.integers(1, 2),
        objective=st.sampled_from(["ce", "joint", "margin_first", "dlr", "soft_attention", "forced_target"]),
        targets=st.integers(0, 2),
        targeted=st.booleans(),
        keep=st.sampled_from(["best", "last", "first"]),
        precision=st.sampled_from(["fp32", "bf16"]),
        seed=st.integers(0, 3),
    ),
    count=st.integers(0, 5),
)
def test_never_leaves_the_ball_and_the_verdict_is_the_models(model, batch, attack, count):
    images, labels = (part[:count] for part in batch)
    targets = (labels + 1) % CLASSES
    found = pgd(model, images, labels, attack, targets=targets if attack.targeted else None)
    assert found.images.shape == images.shape
    assert bool((found.images >= 0).all())
    assert bool((found.images <= 1).all())
    assert bool((distance(found.images, images, attack.norm) <= attack.epsilon * (1 + 1e-5) + 1e-6).all())
    classes = decide(model, found.images).argmax(dim=1)
    assert torch.equal(found.success, classes == targets if attack.targeted else classes != labels)
    moved = perturb(model, images, labels, attack, torch.Generator().manual_seed(0))
    assert bool((distance(moved, images, attack.norm) <= attack.epsilon * (1 + 1e-5) + 1e-6).all())
    assert bool(((moved >= 0) & (moved <= 1)).all())


def test_n_fgsm_is_for_training_and_one_step_only(model, batch):
    with pytest.raises(AncraError, match="training only"):
        pgd(model, *batch, AttackSettings(steps=1, start="n_fgsm"))
    for change in ({"steps": 2}, {"norm": "l2"}):
        with pytest.raises(AncraError, match="one step in the norm linf"):
            AttackSettings().with_changes(**{"steps": 1, "start": "n_fgsm", **change})


def test_epsilon_0_changes_nothing(model, batch):
    images, labels = batch
    found = pgd(model, images, labels, AttackSettings(epsilon=0, steps=5))
    assert torch.equal(found.images, images)
    assert not found.success.any()


def test_steps_0_judges_the_start(model, batch):
    images, labels = batch
    found = pgd(model, images, labels, AttackSettings(steps=0, start="none"))
    assert torch.equal(found.images, images)
    assert not found.success.any()


def test_a_batch_of_one_and_of_none(model, batch):
    images, labels = batch
    for norm in ("linf", "l2"):
        attack = AttackSettings(norm=norm, epsilon=0.2, steps=3, restarts=2, targets=2)
        one = pgd(model, images[:1], labels[:1], attack)
        assert one.images.shape == (1, 1, 8, 8)
        none = pgd(model, images[:0], labels[:0], attack)
        assert none.images.shape == (0, 1, 8, 8)
        assert none.success.shape == none.loss.shape == (0,)
        assert perturb(model, images[:0], labels[:0], attack, torch.Generator()).shape == (0, 1, 8, 8)


def test_targeted_attack_reaches_its_target(model, batch):
    images, labels = batch
    targets = likeliest_wrong(decide(model, images), labels, 1)[:, 0]
    attack = AttackSettings(epsilon=0.5, steps=30, targeted=True, objective="margin_first")
    found = pgd(model, images, labels, attack, targets=targets)
    assert found.success.float().mean() > 0.5
    assert torch.equal(decide(model, found.images).argmax(dim=1) == targets, found.success)


def test_best_point_is_at_least_as_good_as_the_last(model, batch):
    images, labels = batch
    attack = AttackSettings(epsilon=0.1, steps=8, step_size=0.1)
    best = pgd(model, images, labels, attack)
    last = pgd(model, images, labels, attack.with_changes(keep="last"))
    first = pgd(model, images, labels, attack.with_changes(keep="first"))
    assert not (last.success & ~best.success).any()
    assert torch.equal(first.success, best.success)
    alike = last.success == best.success
    assert (best.loss[alike] >= last.loss[alike] - 1e-4).all()


def test_first_is_the_first_point_of_the_search_that_breaks_the_image(model, batch):
    images, labels = batch
    attack = AttackSettings(epsilon=0.3, steps=6, keep="first", start="none")
    found = pgd(model, images, labels, attack)
    assert found.success.any()
    first = images.clone()
    open_rows = torch.ones(len(images), dtype=torch.bool)
    with frozen(model):
        for step in search(model, images, labels, attack):
            broken = (decide(model, step.images).argmax(dim=1) != labels) & open_rows
            first[broken] = step.images[broken]
            open_rows &= ~broken
    assert torch.equal(open_rows, ~found.success)
    # An image that waits for others to be retired may walk on meanwhile; one retired at once has not moved since.
    assert (distance(found.images, first, "linf")[found.success] < 1e-4).float().mean() > 0.5


def test_an_image_that_is_wrong_already_is_left_as_it_is(model, batch):
    images, labels = batch
    found = pgd(model, images, (labels + 1) % CLASSES, AttackSettings(steps=5, keep="first"))
    assert torch.equal(found.images, images)
    assert found.success.all()


def test_the_model_is_untouched_even_by_a_failure(model, batch):
    images, labels = batch
    network = copy.deepcopy(model).train()
    network.layer1.eval()
    network.fc.bias.requires_grad_(False)
    before = copy.deepcopy(network.state_dict())
    modes = [module.training for module in network.modules()]
    pgd(network, images, labels, AttackSettings(epsilon=0.2, steps=6, keep="first", precision="bf16"))
    perturb(network, images, labels, AttackSettings(epsilon=0.2, steps=6), torch.Generator())
    with pytest.raises(ZeroDivisionError):
        pgd(network, images, labels, AttackSettings(steps=6), objective=lambda prediction, labels: 1 / 0)
    assert [module.training for module in network.modules()] == modes
    assert [name for name, p in network.named_parameters() if not p.requires_grad] == ["fc.bias"]
    assert all(parameter.grad is None for parameter in network.parameters())
    after = network.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert type(network.bn1) is nn.BatchNorm2d
    assert not images.requires_grad


def test_an_objective_of_ones_own(model, batch):
    images, labels = batch
    attack = AttackSettings(epsilon=0.2, steps=5)
    named = pgd(model, images, labels, attack, objective="margin_first")
    own = pgd(model, images, labels, attack, objective=lambda p, y: margin(p.auxiliary[0], y))
    assert torch.equal(named.images, own.images)
    with pytest.raises(AncraError, match="one loss a sample"):
        pgd(model, images, labels, attack, objective=lambda p, y: margin(p.logits, y).mean())


def test_seeds_reproduce_and_differ(model, batch):
    images, labels = batch
    attack = AttackSettings(epsilon=0.2, steps=6, restarts=2, seed=5)
    one, two = (pgd(model, images, labels, attack).images for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, pgd(model, images, labels, attack.with_changes(seed=6)).images)
    state = torch.get_rng_state()
    pgd(model, images, labels, attack)
    assert torch.equal(state, torch.get_rng_state())


def test_the_folded_search_agrees_with_the_plain_one(model, batch, monkeypatch):
    images, labels = batch
    attack = AttackSettings(epsilon=0.05, steps=10)
    fast = pgd(model, images, labels, attack)
    monkeypatch.setattr("ancra.attacks.search.surrogate", lambda model, *_: model)
    plain = pgd(model, images, labels, attack)
    assert torch.equal(fast.success, plain.success)
    assert fast.loss == pytest.approx(plain.loss, abs=1e-2)


def test_claims_of_the_copy_do_not_count(model, batch, monkeypatch):
    class Contrary(nn.Module):
        """Takes every image for something else than the model does."""

        def __init__(self, model):
            super().__init__()
            self.model = model

        def forward(self, images):
            return -self.model(images)

    images, labels = batch
    monkeypatch.setattr("ancra.attacks.search.surrogate", lambda model, *_: Contrary(model))
    for keep in ("best", "last", "first"):
        found = pgd(model, images, labels, AttackSettings(epsilon=1e-6, steps=6, keep=keep))
        assert not found.success.any()


def test_works_without_gradient_mode_and_in_double(model, batch):
    images, labels = batch
    attack = AttackSettings(epsilon=0.3, steps=6)
    with torch.no_grad():
        found = pgd(model, images, labels, attack)
        moved = perturb(model, images, labels, attack, torch.Generator().manual_seed(0))
    assert found.success.any()
    assert not moved.requires_grad
    assert pgd(copy.deepcopy(model).double(), images.double(), labels, attack).images.dtype == torch.float64


@pytest.mark.parametrize(
    ("images", "labels", "options", "message"),
    [
        (torch.rand(2, 1, 8, 8), [0, 1], {"targeted": True}, "needs a target"),
        (torch.rand(2, 1, 8, 8), [0, 1], {"targeted": True, "targets": [0, 2]}, "must differ"),
        (torch.rand(2, 1, 8, 8), [0, CLASSES], {}, "classes 0 to 3"),
        (torch.rand(2, 1, 8, 8), [0, 1, 2], {}, "2 images need 2 labels"),
        (torch.rand(2, 1, 8, 8), [0, 1], {"targeted": True, "targets": [1, 9]}, "classes 0 to 3"),
        (torch.rand(2, 1, 8, 8) * 255, [0, 1], {}, r"\[0, 1\]"),
        (torch.rand(2, 1, 8, 8) * torch.nan, [0, 1], {}, r"\[0, 1\]"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), [0, 1], {}, "floating-point"),
        (torch.rand(1, 8, 8), [0], {}, r"\(N, C, H, W\)"),
    ],
)
def test_bad_input_is_one_sentence(model, images, labels, options, message):
    targets = torch.tensor(options["targets"]) if "targets" in options else None
    attack = AttackSettings(targeted=options.get("targeted", False))
    with pytest.raises(AncraError, match=message):
        pgd(model, images, torch.tensor(labels), attack, targets=targets)
