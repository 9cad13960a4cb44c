"""What the tests of the engines share."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ancra.runs.run import Run

PATIENCE = 240.0  # seconds; a loaded machine may be slow


def one_of_the_tests(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Give what is started from here a workspace of its own, and one thread: the order of a sum depends on them."""
    patch.setenv("ANCRA_HOME", str(folder / "workspace"))
    patch.setenv("ANCRA_THREADS", "1")
    patch.setenv("OMP_NUM_THREADS", "1")
    patch.setenv("OMP_WAIT_POLICY", "PASSIVE")


def wait_until(condition: Callable[[], object], run: Run) -> None:
    """Wait for a condition; says the run's state when it does not come true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{run.status()} {run.log_tail()}"
        time.sleep(0.1)


def same_weights(run: Run, whole: Run) -> None:
    """Assert that a run finished with the same bytes as one that was never stopped."""
    assert run.status().state == "finished", f"{run.status()} {run.log_tail()}"
    assert run.final_checkpoint.read_bytes() == whole.final_checkpoint.read_bytes()
