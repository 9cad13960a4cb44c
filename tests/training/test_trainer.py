import errno
import os

import pytest
import torch
from watching import Watcher, weights

from ancra.checkpoints import load_checkpoint
from ancra.errors import AncraError
from ancra.recipe import OptimiserSettings
from ancra.training import update, validation
from ancra.training.state import load_state
from ancra.training.trainer import train


def without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def recipe(tiny_recipe):
    return tiny_recipe.with_changes(epochs=3)


@pytest.fixture(scope="module")
def whole(recipe, tmp_path_factory):
    watcher = Watcher()
    return train(recipe, tmp_path_factory.mktemp("whole"), watcher), watcher


def test_one_row_an_epoch_and_a_card(whole, recipe):
    path, watcher = whole
    _, card = load_checkpoint(path)
    assert [row["epoch"] for row in watcher.rows] == [1, 2, 3]
    assert {"learning_rate", "epsilon", "loss", "loss/natural", "loss/robust", "loss/contrast"} < watcher.rows[0].keys()
    assert {"natural", "pgd", "adaptive", "seconds"} < watcher.rows[0].keys()
    assert card.recipe == recipe
    assert card.epochs_trained == 3
    assert len(card.classes) == 10
    assert watcher.steps[-1].remaining == pytest.approx(0, abs=5)
    assert watcher.steps[-1].fraction == 1


def test_a_second_run_has_the_same_bits(whole, recipe, tmp_path):
    path, watcher = whole
    again = Watcher()
    torch.manual_seed(99)  # the global generator must not matter
    second = weights(train(recipe, tmp_path / "again", again))
    first = weights(path)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert without_seconds(watcher.rows) == without_seconds(again.rows)


def test_an_interrupted_run_ends_with_the_same_bits(whole, recipe, tmp_path):
    path, watcher = whole
    folder, before, after = tmp_path / "halves", Watcher(end_after=1), Watcher()
    with pytest.raises(KeyboardInterrupt):
        train(recipe, folder, before)
    second = weights(train(recipe, folder, after, resume=True))
    first = weights(path)
    assert after.starts == [1]
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert without_seconds(watcher.rows) == without_seconds(before.rows + after.rows)


def test_the_callers_random_numbers_and_settings_stay(recipe, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(recipe.with_changes(epochs=1), tmp_path, Watcher())
    assert torch.equal(torch.rand(3), expected)
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("base", ["natural", "pgd_at", "mart"])
def test_every_base_trains(recipe, tmp_path, base):
    objective = {"base": base, "contrast": None if base == "natural" else {}}
    watcher = Watcher()
    train(recipe.with_changes(objective=objective, epochs=1), tmp_path, watcher)
    assert watcher.rows[0]["loss"] > 0


def test_a_loss_of_nan_keeps_the_last_good_state(recipe, tmp_path, monkeypatch):
    real, calls = update.loss_of_rows, []

    def step(*args, **kwargs):
        calls.append(1)
        loss = real(*args, **kwargs)
        return loss if len(calls) < 8 else type(loss)(loss.total * torch.nan, loss.parts)

    monkeypatch.setattr("ancra.training.update.loss_of_rows", step)
    with pytest.raises(AncraError, match=r"became nan in epoch 2: lower .*; the state after epoch 1 is kept"):
        train(recipe, tmp_path, Watcher())
    state = load_state(tmp_path / "checkpoints" / "last.pt", recipe, torch.device("cpu"))
    assert state.epoch == 1
    assert all(torch.isfinite(tensor).all() for tensor in state.model.values())


def test_a_learning_rate_that_explodes_says_so(recipe, tmp_path):
    wild = recipe.with_changes(optimiser=OptimiserSettings(learning_rate=100).model_dump(), epochs=20)
    with pytest.raises(AncraError, match=r"lower optimiser\.learning_rate"):
        train(wild, tmp_path, Watcher())


def test_a_full_disk_keeps_the_last_good_state(recipe, tmp_path, monkeypatch):
    class Disk(Watcher):
        def progressed(self, progress):
            if progress.epoch == 1:
                monkeypatch.setattr(os, "fsync", full)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(AncraError, match=r"(disk of .* is full|No space left)"):
        train(recipe, tmp_path, Disk())
    monkeypatch.undo()
    assert load_state(tmp_path / "checkpoints" / "last.pt", recipe, torch.device("cpu")).epoch == 1
    assert load_checkpoint(tmp_path / "checkpoints" / "best.safetensors")[1].epochs_trained == 1
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["best.safetensors", "last.pt"]
    assert train(recipe, tmp_path, Watcher(), resume=True).is_file()


def test_a_damaged_state_is_named(recipe, tmp_path):
    path = tmp_path / "checkpoints" / "last.pt"
    path.parent.mkdir()
    path.write_bytes(b"not a state")
    with pytest.raises(AncraError, match="is damaged"):
        train(recipe, tmp_path, Watcher(), resume=True)


def test_a_state_of_another_recipe_is_refused(recipe, tmp_path):
    train(recipe.with_changes(epochs=1), tmp_path, Watcher())
    with pytest.raises(AncraError, match="another recipe"):
        train(recipe, tmp_path, Watcher(), resume=True)


@pytest.mark.parametrize(
    ("changes", "nearest"),
    [({"negatives": {"picker": "hardls"}}, "hard_ls"), ({"attack": {"objective": "marginn"}}, "margin")],
)
def test_a_typo_is_said_before_the_first_epoch(tiny_recipe, tmp_path, changes, nearest) -> None:
    recipe = tiny_recipe.with_changes(**changes)
    with pytest.raises(AncraError, match=f"did you mean '{nearest}'"):
        train(recipe, tmp_path, Watcher())
    assert not list(tmp_path.rglob("*.pt"))


def test_the_best_epoch_is_kept_with_its_accuracies(whole):
    path, watcher = whole
    _, card = load_checkpoint(path.with_name("best.safetensors"))
    row = watcher.rows[card.epochs_trained - 1]
    assert card.validation == {name: row[name] for name in ("natural", "pgd", "adaptive")}
    assert load_checkpoint(path)[1].validation["natural"] == watcher.rows[-1]["natural"]


def test_a_new_run_in_a_folder_forgets_the_best_of_the_one_before(tiny_recipe, tmp_path, monkeypatch):
    recipe = tiny_recipe.with_changes(epochs=1, steps_per_epoch=1)
    train(recipe, tmp_path, Watcher())
    monkeypatch.setattr("ancra.training.update.loss_of_rows", lambda *_: (_ for _ in ()).throw(AncraError("ended")))
    with pytest.raises(AncraError, match="ended"):
        train(recipe, tmp_path, Watcher())
    assert not (tmp_path / "checkpoints" / "best.safetensors").exists()


def test_the_average_of_the_weights_is_what_is_validated_and_kept(tiny_recipe, tmp_path, monkeypatch):
    recipe = tiny_recipe.with_changes(epochs=1, steps_per_epoch=3, ema_decay=0.5)
    real, seen = validation.Validation.accuracies, []

    def accuracies(self, model):
        seen.append(model)
        return real(self, model)

    monkeypatch.setattr(validation.Validation, "accuracies", accuracies)
    final = weights(train(recipe, tmp_path, Watcher()))
    state = load_state(tmp_path / "checkpoints" / "last.pt", recipe, torch.device("cpu"))
    assert all(torch.equal(tensor, seen[0].state_dict()[name]) for name, tensor in final.items())
    assert not torch.equal(final["fc.weight"], state.model["fc.weight"])
    plain = weights(train(recipe.with_changes(ema_decay=0), tmp_path / "plain", Watcher()))
    assert torch.equal(plain["fc.weight"], state.model["fc.weight"])  # averaging changes no step


def test_weights_that_the_last_step_of_an_epoch_spoils_keep_the_best_and_the_last_good_state(
    tiny_recipe, tmp_path, monkeypatch
):
    recipe = tiny_recipe.with_changes(steps_per_epoch=2)
    real, calls = update.Stepper.take, []

    def take(self, *arguments):
        found = real(self, *arguments)
        calls.append(1)
        if len(calls) == 4:
            self.model.fc.weight.data[0, 0] = torch.nan
        return found

    monkeypatch.setattr(update.Stepper, "take", take)
    with pytest.raises(AncraError, match=r"weights became .* in epoch 2: lower .*; the state after epoch 1 is kept"):
        train(recipe, tmp_path, Watcher())
    assert load_state(tmp_path / "checkpoints" / "last.pt", recipe, torch.device("cpu")).epoch == 1
    best, card = load_checkpoint(tmp_path / "checkpoints" / "best.safetensors")
    assert card.epochs_trained == 1
    assert all(torch.isfinite(tensor).all() for tensor in best.state_dict().values())
