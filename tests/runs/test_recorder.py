"""What a run writes down is whole, whenever it is ended."""

import os
import signal

import pytest

from ancra.jobs.signals import RunCancelled, ended_by_signals
from ancra.jobs.status import RunStatus
from ancra.runs.recorder import Recorder
from ancra.runs.run import Run


def test_an_epoch_that_is_being_written_down_is_written_whole(tiny_recipe, tmp_path, monkeypatch):
    run = Run.create(tmp_path / "run", tiny_recipe)
    row = {"epoch": 1, "loss": 2.0, "natural": 0.5, "pgd": 0.4, "adaptive": 0.3, "seconds": 1.0}
    written = []

    def interrupted(events, name, value, epoch):
        os.kill(os.getpid(), signal.SIGTERM)
        written.append(name)

    monkeypatch.setattr("torch.utils.tensorboard.SummaryWriter.add_scalar", interrupted)
    with Recorder(run, RunStatus(epochs=6).working()) as recorder, ended_by_signals():
        recorder.started(0)
        with pytest.raises(RunCancelled):
            recorder.epoch_finished(row)
    assert written == [name for name in row if name != "epoch"]
    assert run.metrics() == [row]
    assert run.status().epoch == 1
