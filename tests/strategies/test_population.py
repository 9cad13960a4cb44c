"""Batches that were observed: what is stored of them goes on, and what they are named by."""

import numpy as np
import pytest
import torch

from ancra.attacks.settings import AttackSettings
from ancra.checkpoints import Card, save_checkpoint
from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.negatives.picker import PICKERS, Picker
from ancra.store import Store
from ancra.strategies.known import strategies
from ancra.strategies.measures import Weights
from ancra.strategies.observed import observe
from ancra.strategies.population import checkpoint_population, population_settings, weights_of
from ancra.strategies.words import summary

ATTACK = AttackSettings(epsilon=0.2, steps=3, start="gaussian", objective="joint")


@pytest.fixture
def checkpoint(workspace):
    """The path and the card of an untrained model of digits."""
    torch.manual_seed(0)
    settings = ModelSettings(width=4, reverse_attention_blocks=2)
    shape, classes = (1, 8, 8), tuple("0123456789")
    card = Card(name="tiny", title="Tiny", dataset="digits", classes=classes, image_shape=shape, model=settings)
    path = workspace / "uploads" / "tiny.safetensors"
    save_checkpoint(build_model(settings, shape, len(classes)).eval(), card, path)
    return path, card


def test_later_batches_go_on_from_stored_ones(checkpoint, monkeypatch):
    path, card = checkpoint
    settings = population_settings(card, split="test", batch_size=50, attack=ATTACK)
    calls: list[int] = []
    monkeypatch.setattr(
        "ancra.strategies.population.observe",
        lambda *a, **k: calls.append(k["number"]) or observe(*a, **k),
    )
    whole = checkpoint_population(path, ("random", "targeted_attack"), settings, 3)
    assert calls == [0, 1, 2]
    calls.clear()
    asked: list[None] = []
    stopped = checkpoint_population(
        path, ("random",), settings, None, store=Store(), stopped=lambda: asked.append(None) or len(asked) == 2
    )
    assert stopped.batches == 2
    both = checkpoint_population(path, ("random", "targeted_attack"), settings, 3, store=Store())
    assert calls == [0, 1, 0, 1, 2]
    for name in whole.observed:
        for column, values in whole.observed[name].arrays().items():
            assert np.allclose(values, both.observed[name].arrays()[column], atol=1e-6), column
    calls.clear()
    assert checkpoint_population(path, ("random", "targeted_attack"), settings, 2, store=Store()).batches == 2
    assert checkpoint_population(path, ("targeted_attack",), settings, 3, store=Store()).batches == 3
    assert not calls


def test_a_short_observation_never_replaces_a_longer_one(checkpoint, monkeypatch):
    path, card = checkpoint
    settings = population_settings(card, split="test", batch_size=50, attack=ATTACK)

    def meanwhile():
        checkpoint_population(path, ("random",), settings, 3, store=Store())
        return False

    checkpoint_population(path, ("random",), settings, 1, store=Store(), stopped=meanwhile)
    monkeypatch.setattr("ancra.strategies.population.observe", None)
    assert checkpoint_population(path, ("random",), settings, 3, store=Store()).batches == 3


def test_a_picker_of_ones_own_is_observed_and_its_code_is_part_of_the_key(checkpoint, monkeypatch):
    class Next(Picker):
        title, condition, words = "Next", "gt(OE) = gt(ne) + 1", "The next class."

        def candidates(self, batch):
            return batch.labels[None, :] == batch.labels[:, None] + 1

    monkeypatch.setattr(PICKERS, "_entries", {**PICKERS._entries, "next": Next()})
    assert list(strategies())[-1] == "next"
    path, card = checkpoint
    settings = population_settings(card, split="test", attack=ATTACK)
    found = checkpoint_population(path, ("next",), settings, store=Store())
    rows = found.observed["next"]
    assert (rows.negative_label == rows.label + 1)[~rows.fallback].all()
    assert "Next" in summary(found)

    class Before(Next):
        def candidates(self, batch):
            return batch.labels[None, :] == batch.labels[:, None] - 1

    monkeypatch.setattr(PICKERS, "_entries", {**PICKERS._entries, "next": Before()})
    rows = checkpoint_population(path, ("next",), settings, store=Store()).observed["next"]
    assert (rows.negative_label == rows.label - 1)[~rows.fallback].all()


def test_weights_are_the_recipes(checkpoint, tiny_recipe):
    _, card = checkpoint
    assert weights_of(card) == Weights(1.0, 2.0)
    objective = {"base": "trades", "auxiliary_weight": 1.0, "contrast": {"alpha": 0.4}}
    own = card.model_copy(update={"recipe": tiny_recipe.with_changes(objective=objective)})
    assert weights_of(own) == Weights(0.4, 1.0)
    assert weights_of(own, 0.0) == Weights(0.0, 1.0)
    assert population_settings(own).batch_size == tiny_recipe.batch_size
    with pytest.raises(AncraError, match="These batches: split"):
        population_settings(own, split="tset")
