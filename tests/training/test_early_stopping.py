import pytest
import torch
from watching import Watcher, weights

from ancra.checkpoints import load_checkpoint
from ancra.training import validation
from ancra.training.trainer import train


def scripted(monkeypatch, adaptive, others=((0.8, 0.85),) * 9):
    """Validation as lists have it, from the first epoch trained: adaptive accuracies, and pairs of PGD and FGSM."""
    found, pairs = iter(adaptive), iter(others)

    def accuracies(self, model):
        return {"natural": 0.9, "adaptive": next(found), **dict(zip(("pgd", "fgsm"), next(pairs), strict=True))}

    monkeypatch.setattr(validation.Validation, "accuracies", accuracies)


def test_a_run_stops_early_and_is_finished(tiny_recipe, tmp_path, monkeypatch):
    recipe = tiny_recipe.with_changes(early_stopping={"patience": 2}, steps_per_epoch=1)
    scripted(monkeypatch, [0.3, 0.5, 0.4, 0.5, 0.9])
    watcher = Watcher()
    final = train(recipe, tmp_path, watcher)
    assert len(watcher.rows) == 4
    assert {progress.steps for progress in watcher.steps} == {1}
    assert load_checkpoint(final)[1].epochs_trained == 4
    assert load_checkpoint(final.with_name("best.safetensors"))[1].epochs_trained == 2
    assert "stopped after epoch 4: no better adaptive accuracy for 2 epochs" in watcher.lines


COLLAPSE = ((0.4, 0.5), (0.41, 0.52), (0.05, 0.8), (0.0, 0.9))


def test_catastrophic_overfitting_is_said_once_and_ends_the_run_where_asked(tiny_recipe, tmp_path, monkeypatch):
    recipe = tiny_recipe.with_changes(epochs=4, steps_per_epoch=1)
    scripted(monkeypatch, [0.3] * 4, COLLAPSE)
    goes_on, ends = Watcher(), Watcher()
    train(recipe, tmp_path / "on", goes_on)
    assert len(goes_on.rows) == 4
    assert sum(line.startswith("Catastrophic overfitting in epoch 3") for line in goes_on.lines) == 1
    scripted(monkeypatch, [0.3] * 4, COLLAPSE)
    train(recipe.with_changes(early_stopping={"overfitting": True}), tmp_path / "ends", ends)
    assert len(ends.rows) == 3
    assert "stopped after epoch 3: catastrophic overfitting" in ends.lines


def test_a_resumed_run_remembers_what_it_had_before_pgd_fell(tiny_recipe, tmp_path, monkeypatch):
    recipe = tiny_recipe.with_changes(epochs=4, steps_per_epoch=2, early_stopping={"overfitting": True})
    scripted(monkeypatch, [0.3] * 4, COLLAPSE)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path, Watcher(end_after=2))
    after = Watcher()
    scripted(monkeypatch, [0.3] * 2, COLLAPSE[2:])
    train(recipe, tmp_path, after, resume=True)
    assert any("jumped from 52% to 80%" in line for line in after.lines)
    assert len(after.rows) == 1


def test_a_resumed_run_remembers_the_best_and_its_patience(tiny_recipe, tmp_path, monkeypatch):
    recipe = tiny_recipe.with_changes(early_stopping={"patience": 3}, steps_per_epoch=2, ema_decay=0.9)
    series = [0.5, 0.6, 0.4, 0.4, 0.4, 0.9]
    scripted(monkeypatch, series)
    whole = train(recipe, tmp_path / "whole", Watcher())
    scripted(monkeypatch, series)
    before, after = Watcher(end_after=3), Watcher()
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "halves", before)
    halves = train(recipe, tmp_path / "halves", after, resume=True)
    assert len(before.rows) + len(after.rows) == 5
    for name in ("final.safetensors", "best.safetensors"):
        first, second = weights(whole.with_name(name)), weights(halves.with_name(name))
        assert all(torch.equal(first[key], second[key]) for key in first)
