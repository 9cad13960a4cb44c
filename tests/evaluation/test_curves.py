"""Accuracy against epsilon, transfer, and the strongest attack known."""

import numpy as np
import pytest

from ancra.checkpoints import load_checkpoint
from ancra.data.registry import load_dataset
from ancra.errors import AncraError
from ancra.evaluation import curves, transfer
from ancra.evaluation.curves import CurveSettings, checkpoint_curves, make_curves, stored_curves
from ancra.evaluation.robustness import Outcome, RobustnessReport
from ancra.evaluation.settings import EvaluationSettings
from ancra.evaluation.subject import subject_of
from ancra.evaluation.transfer import (
    Transfer,
    TransferSettings,
    checkpoint_transfer,
    matrix,
    stored_transfer,
    strongest,
)

SMALL = EvaluationSettings(epsilon=0.2, steps=2, samples=24)


@pytest.fixture
def quick(monkeypatch):
    """Few images and steps instead of the usual settings."""
    monkeypatch.setattr(curves, "curve_settings", lambda card: CurveSettings(evaluation=SMALL, shares=(0.5, 1.0)))
    monkeypatch.setattr(transfer, "transfer_settings", lambda card, store: TransferSettings(evaluation=SMALL))


def test_the_worst_case_only_falls_and_starts_at_natural_accuracy(save_tiny):
    path, card = save_tiny("tiny")
    model, _ = load_checkpoint(path)
    settings = CurveSettings(evaluation=SMALL, shares=(0.25, 1.0, 4.0))
    made = make_curves(model, load_dataset(card.data).test, settings)
    assert made.epsilons == pytest.approx((0, 0.05, 0.2, 0.8))
    assert made.samples == 24
    worst = made.correct["worst"]
    assert (np.diff(worst) <= 0).all()
    assert len({int(counts[0]) for counts in made.correct.values()}) == 1
    assert all((worst <= counts).all() for counts in made.correct.values())


def test_curves_are_stored_and_refused_when_they_do_not_fit(save_tiny, store, quick):
    path, card = save_tiny("tiny")
    model, _ = load_checkpoint(path)
    assert stored_curves(card, store) is None
    made = checkpoint_curves(model, card, load_dataset(card.data).test, store)
    found = stored_curves(card, store)
    assert {name: list(counts) for name, counts in found.correct.items()} == {
        name: list(counts) for name, counts in made.correct.items()
    }
    key = (curves.KIND, *subject_of(card), curves.curve_settings(card).digest())
    store.put(*key, arrays={"pgd": np.array([1, 2])}, meta={"samples": 24})
    with pytest.raises(AncraError, match="does not fit"):
        stored_curves(card, store)


def test_transfer_between_a_model_and_its_peers(save_tiny, store, quick, monkeypatch):
    path, card = save_tiny("tiny")
    other_path, other = save_tiny("plain-one", blocks=0)
    monkeypatch.setattr(transfer, "peers_of", lambda card: [path] if card.name == "plain-one" else [other_path])
    made = checkpoint_transfer(path, store, "cpu")
    assert set(made.on) == {card.digest, other.digest}
    assert set(made.from_) == {other.digest}
    assert stored_transfer(card, store) == made
    theirs = checkpoint_transfer(other_path, store, "cpu")
    assert theirs.on[card.digest] == made.from_[other.digest]


def test_the_matrix_is_put_together_from_both_sides():
    found = {"a": Transfer("pgd", {"a": 0.1, "b": 0.2}, {"b": 0.3})}
    assert matrix(["a", "b"], found) == pytest.approx(np.array([[0.1, 0.2], [0.3, np.nan]]), nan_ok=True)


def test_the_strongest_attack_is_the_one_that_leaves_least_alone():
    natural = np.ones(3, bool)

    def outcome(*robust):
        return Outcome(np.array(robust, bool), natural, 0.0)

    outcomes = {"pgd": outcome(1, 1, 0), "adaptive": outcome(1, 0, 0), "square": outcome(0, 0, 0)}
    assert strongest(RobustnessReport(SMALL, np.arange(3), natural, outcomes)) == "adaptive"
    assert strongest(None) == transfer.USUAL
