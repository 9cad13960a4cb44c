"""One run by two processes, as torchrun starts them."""

import json
import os
import subprocess
import sys

import pytest
import torch

from ancra.runs.run import Run
from ancra.training.observer import NullObserver
from ancra.training.trainer import train


class Rows(NullObserver):
    """Collects the metrics of a run."""

    def __init__(self):
        self.rows = []

    def epoch_finished(self, row):
        self.rows.append(row)


@pytest.fixture(scope="module")
def recipe(tiny_recipe):
    return tiny_recipe.with_changes(
        epochs=2,
        steps_per_epoch=2,
        ema_decay=0.9,
        attack={**tiny_recipe.attack.model_dump(), "steps": 5},
        negatives={"picker": "soft_ls", "warmup_epochs": 0},
    )


def train_by_two(run):
    start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "ancra", "train"]
    environment = os.environ | {"ANCRA_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *start, str(run.recipe_file), "--out", str(run.folder), "--resume"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def run(recipe, tmp_path_factory):
    made = Run.create(tmp_path_factory.mktemp("processes") / "two", recipe)
    train_by_two(made)
    return made


@pytest.fixture
def one_thread(monkeypatch):
    """This process computes as those of torchrun do: a sum over other threads is rounded otherwise."""
    before = torch.get_num_threads()
    monkeypatch.setenv("ANCRA_THREADS", "1")
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_two_processes_take_the_steps_of_one(recipe, run, tmp_path) -> None:
    whole, halves = Rows(), Rows()
    train(recipe, tmp_path / "whole", whole)
    train(recipe.with_changes(accumulate=2), tmp_path / "halves", halves)
    for one, half, two in zip(whole.rows, halves.rows, run.metrics(), strict=True):
        # BatchNorm sees half a batch in both, so that they differ by rounding alone.
        for name in [name for name in one if name.startswith("loss")]:
            assert two[name] == pytest.approx(half[name], rel=1e-4)
        assert two["natural"] == half["natural"]
        assert two["loss"] == pytest.approx(one["loss"], rel=0.05)


@pytest.mark.slow
def test_one_of_them_keeps_the_folder_and_it_can_be_resumed(run) -> None:
    assert json.loads((run.folder / "status.json").read_text())["state"] == "finished"
    assert run.log_file.read_text().count("2 processes") == 1
    run.final_checkpoint.unlink()
    train_by_two(run)
    assert "going on after epoch 2 of 2" in run.log_file.read_text()
    assert run.final_checkpoint.is_file()
