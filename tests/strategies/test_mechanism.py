"""One batch and one anchor under every strategy: picks as in training, forces and steps as autograd gives them."""

import copy

import numpy as np
import pytest
import torch

from ancra.attacks.settings import AttackSettings
from ancra.errors import AncraError
from ancra.losses.contrast import contrast, similarity
from ancra.models.registry import build_model
from ancra.models.reverse_attention import label_rows
from ancra.models.settings import ModelSettings
from ancra.negatives.picker import PICKERS, Picker
from ancra.negatives.settings import PRESETS, TITLES
from ancra.negatives.strategy import pick_negatives
from ancra.recipe import Recipe
from ancra.strategies.forces import features_read, forces, heads_of
from ancra.strategies.known import strategies, title_of
from ancra.strategies.mechanism import batch_mechanism, step_of
from ancra.strategies.pair import ALPHAS, anchor_mechanism
from ancra.strategies.plane import Plane
from ancra.strategies.weight_step import contrast_of_pair, weight_steps

ATTACK = AttackSettings(epsilon=0.2, steps=3, objective="joint", start="gaussian")


@pytest.fixture(scope="module", params=[0, 2], ids=["plain", "attention"])
def model(request):
    torch.manual_seed(0)
    settings = ModelSettings(width=4, reverse_attention_blocks=request.param)
    return build_model(settings, (1, 8, 8), 3).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def images():
    return torch.rand(24, 1, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def batch(model, images):
    return batch_mechanism(model, images, torch.arange(24) % 3, seed=5)


def first_alike(batch, model):
    """An anchor and its negative, of another class, that the first head takes for the same."""
    trained = model.predict(batch.images, label_rows(batch.labels))
    logits = trained.auxiliary[0] if trained.auxiliary else trained.logits
    for anchor in range(len(logits)):
        for other in range(len(logits)):
            alike = logits[anchor].argmax() == logits[other].argmax()
            if alike and batch.labels[anchor] != batch.labels[other]:
                return torch.tensor([anchor, other])
    raise AssertionError("no such pair")


def test_the_strategies_are_the_papers_and_ones_own(monkeypatch):
    assert strategies() == PRESETS
    own = Picker()
    own.title = "Mine"
    monkeypatch.setitem(PICKERS._entries, "mine", own)
    assert list(strategies()) == [*PRESETS, "mine"]
    assert [title_of(name) for name in strategies()] == [*TITLES.values(), "Mine"]
    with pytest.raises(AncraError, match="did you mean"):
        title_of("soft_sl")


def test_picks_are_those_that_training_would_make(model, batch):
    for name, settings in PRESETS.items():
        asked = pick_negatives(model, batch.images, batch.labels, settings, torch.Generator().manual_seed(5))
        assert torch.equal(batch.picks[name].indices, asked.indices)
    assert sorted(batch.order) == list(range(24))
    assert len(batch.heads) == model.reverse_attention_blocks + 1


def test_the_first_anchor_is_one_on_which_most_strategies_act(model, batch):
    acting = []
    for anchor in batch.order[[0, -1]]:
        pairs = anchor_mechanism(model, batch, int(anchor), ATTACK, 2.0, 0.01)
        plain = [pair for name, pair in pairs.items() if name != "targeted_attack"]
        acting.append(sum(pair.heads[batch.heads[0]].similarity[0] > 0 for pair in plain))
    assert acting[0] >= acting[1]
    assert acting[0] > 0


def test_a_batch_of_one_class_says_what_to_change(model, images):
    with pytest.raises(AncraError, match="larger batch or another seed"):
        batch_mechanism(model, images, torch.zeros(24, dtype=torch.int64), seed=0)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_alpha_shares_out_the_gradient_of_the_contrast(model, batch, alpha):
    anchors, others = torch.arange(0, 12), torch.arange(12, 24)
    one, two = (model.predict(batch.images[each], label_rows(batch.labels[each])) for each in (anchors, others))
    for index in heads_of(one):
        found = forces(model.head, one, two, index)
        x, other = (features_read(each, index).clone().requires_grad_() for each in (one, two))
        contrast(model.head(x), model.head(other), alpha).backward()
        torch.testing.assert_close(x.grad, (1 - alpha) * found.on_anchor / 12)
        torch.testing.assert_close(other.grad, alpha * found.on_negative / 12)
        unlike = found.similarity == 0
        assert not found.on_anchor[unlike].any()
        assert not found.on_negative[unlike].any()


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_a_step_of_the_weights_is_that_of_gradient_descent(model, batch, alpha):
    rows = first_alike(batch, model)
    pair, labels = batch.images[rows], batch.labels[rows]
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    (found,) = weight_steps(model, pair, labels, [alpha], 0.01, 2.0)
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())

    trained = copy.deepcopy(model).requires_grad_(True)
    optimiser = torch.optim.SGD(trained.parameters(), lr=0.01)
    loss = contrast_of_pair(trained.predict(pair, label_rows(labels)), alpha, 2.0)
    loss.backward()
    optimiser.step()
    wanted = trained.predict(pair, label_rows(labels))
    torch.testing.assert_close(found.logits, wanted.logits, atol=1e-6, rtol=1e-5)
    assert contrast_of_pair(found, alpha, 2.0) < loss


def test_an_anchor_has_a_pair_for_every_strategy(model, batch):
    anchor = int(batch.order[0])
    found = anchor_mechanism(model, batch, anchor, ATTACK, 2.0, 0.01)
    assert list(found) == list(PRESETS)
    label = int(batch.labels[anchor])
    for name, pair in found.items():
        assert pair.index == batch.picks[name].indices[anchor]
        assert pair.score == float(batch.logits[pair.index, label])
        np.testing.assert_array_equal(pair.images[0], batch.images[pair.index].numpy())
        assert len(pair.images) == (ATTACK.steps + 2 if name == "targeted_attack" else 1)
        assert np.abs(pair.images - pair.images[0]).max() <= ATTACK.epsilon + 1e-6
        np.testing.assert_array_equal(
            pair.predicted, model.predict(torch.from_numpy(pair.images)).logits.argmax(1).numpy()
        )
        for head in pair.heads.values():
            alike = head.classes == head.anchor_class
            wanted = np.where(alike, np.sqrt(head.confidences * head.anchor_confidence), 0)
            np.testing.assert_allclose(head.similarity, wanted, rtol=1e-5)
            assert head.weight_steps.shape == (len(ALPHAS), 2, 2)
    assert found["targeted_attack"].probability[-1] > found["targeted_attack"].probability[0]


def test_where_nothing_is_alike_no_step_moves_anything(model, batch):
    for anchor in range(6):
        pair = anchor_mechanism(model, batch, anchor, ATTACK.with_changes(steps=0), 2.0, 0.01)["random"]
        still = all(head.similarity[-1] == 0 for head in pair.heads.values())
        assert still != any(np.abs(head.weight_steps).max() > 1e-6 for head in pair.heads.values())
        assert still != any(head.feature_steps.any() for head in pair.heads.values())


@pytest.mark.parametrize("anchor", [-1, 24])
def test_an_anchor_that_is_not_there(model, batch, anchor):
    with pytest.raises(AncraError, match="0 to 23"):
        anchor_mechanism(model, batch, anchor, ATTACK, 2.0, 0.01)


def test_a_pairs_share_of_a_training_step():
    changes = {"optimiser": {"learning_rate": 0.2}, "objective": {"contrast": {"zeta": 5}}}
    recipe = Recipe.model_validate({"name": "r", "title": "R", "batch_size": 100, **changes})
    assert step_of(recipe) == pytest.approx(0.01)
    assert step_of(Recipe(name="r", title="R", batch_size=100)) == pytest.approx(0.1 * 3 / 100)


def test_a_plane_is_linear_and_says_what_it_leaves_out(images):
    features = images.flatten(1).numpy()
    plane = Plane.fit(features)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-5)
    placed = plane.place(features)
    np.testing.assert_allclose(plane.shift(features[1] - features[0]), placed[1] - placed[0], atol=1e-5)
    assert plane.share == pytest.approx(placed.var(axis=0).sum() / features.var(axis=0).sum(), rel=1e-4)
    assert Plane.fit(features[:2]).share == pytest.approx(1)
    assert Plane.fit(np.ones((4, 3), np.float32)).share == 0


def test_similarity_of_the_final_head_follows_the_rows_of_the_labels(model, batch):
    anchor = int(batch.order[0])
    pair = anchor_mechanism(model, batch, anchor, ATTACK, 2.0, 0.01)["random"]
    rows = torch.tensor([anchor, pair.index])
    logits = model.predict(batch.images[rows], label_rows(batch.labels[rows])).logits
    assert pair.heads[-1].similarity[0] == pytest.approx(float(similarity(logits[:1], logits[1:])), abs=1e-5)
