import pytest

from ancra.jobs.launch import write_state
from ancra.jobs.signals import RunCancelled
from ancra.runs.execution import execute
from ancra.sweeps import execution


class Here:
    """A launcher that trains at once, in this process.

    Args:
        break_at: the run that fails. stop_at: the run at which somebody presses Ctrl-C.
    """

    def __init__(self, break_at="", stop_at=""):
        self.break_at, self.stop_at, self.trained = break_at, stop_at, []

    def submit(self, run):
        if run.name == self.stop_at:
            raise RunCancelled(2)
        self.trained.append(run.name)
        if run.name == self.break_at:
            write_state(run, "failed", "The disk is full.")
        else:
            execute(run, resume=True)

    def cancel(self, run):
        write_state(run, "cancelled")

    def status(self, run):
        return run.status()

    def capacity(self):
        return 1


@pytest.fixture
def here(monkeypatch, workspace):
    """The class, with nothing that waits."""
    monkeypatch.setattr(execution, "POLL", 0.0)
    return Here
