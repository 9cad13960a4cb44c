"""Kills training runs at random moments and lets them go on: ``make chaos``.

Every life of a run is a process forked from this one, which has loaded torch and done nothing with it: so the kills hit
the run's own work and not Python's start.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import lightning_fabric  # noqa: F401
import sklearn.datasets  # noqa: F401
import torch.utils.tensorboard  # noqa: F401

import ancra.training.trainer  # noqa: F401
from ancra.checkpoints import read_card
from ancra.recipe import Recipe
from ancra.runs.execution import execute
from ancra.runs.run import Run
from tests.forked import forked

TINY = {
    "name": "chaos",
    "title": "TRADES-ANCRA",
    "data": {"name": "digits"},
    "model": {"architecture": "small_resnet", "width": 2, "reverse_attention_blocks": 1},
    "objective": {"base": "trades", "contrast": {}},
    "attack": {"epsilon": 0.2, "steps": 1, "start": "gaussian", "objective": "joint"},
    "validation": {"samples": 16, "steps": 1},
    "epochs": 3,
    "batch_size": 512,
    "device": "cpu",
}
MOST_KILLS = 3  # of one run
GIVE_UP = 600.0  # seconds


def born(run: Run) -> int:
    """Start a life of the run; gives its process id."""
    return forked(lambda: execute(run, resume=True))


def ended(pid: int) -> int | None:
    """How a process ended, as ``os.waitpid`` says it; None while it lives."""
    return os.waitpid(pid, os.WNOHANG)[1] if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) else None


def at_any_time(run: Run, chance: random.Random, length: float) -> Callable[[], bool]:
    """The moment comes after a random share of a whole run's time."""
    end = time.monotonic() + chance.uniform(0, length)
    return lambda: time.monotonic() >= end


def while_saving(run: Run, chance: random.Random, length: float) -> Callable[[], bool]:
    """The moment comes when a checkpoint or a state is half written, for the first to the fourth time."""
    seen: set[str] = set()
    wanted = chance.randint(1, 4)

    def come() -> bool:
        with suppress(OSError):
            seen.update(entry.name for entry in os.scandir(run.checkpoints) if entry.name.endswith(".tmp"))
        return len(seen) >= wanted

    return come


def between_epochs(run: Run, chance: random.Random, length: float) -> Callable[[], bool]:
    """The moment comes within some milliseconds after an epoch's row is written."""
    size, late = _size(run.metrics_file), chance.uniform(0, 0.03)

    def come() -> bool:
        if _size(run.metrics_file) <= size:
            return False
        time.sleep(late)
        return True

    return come


MOMENTS = (at_any_time, while_saving, between_epochs)


def survive(folder: Path, repeats: int, seed: int) -> Counter[str]:
    """Train as many runs, each killed up to three times.

    Returns:
        How many lives ended at which kind of moment; ``too late`` counts those that were over before theirs came.

    Raises:
        AssertionError: a run did not end as one that was never killed.
    """
    recipe, chance, kills = Recipe.model_validate(TINY), random.Random(seed), Counter[str]()
    whole = Run.create(folder / "whole", recipe)
    began = time.monotonic()
    _lived_to_its_end(whole, born(whole))
    length = time.monotonic() - began
    for number in range(repeats):
        run = Run.create(folder / f"run-{number + 1}", recipe)
        for _ in range(chance.randint(1, MOST_KILLS)):
            moment = chance.choice(MOMENTS)
            if not _killed(run, moment(run, chance, length)):
                kills["too late"] += 1
                break
            kills[moment.__name__.replace("_", " ")] += 1
        _lived_to_its_end(run, born(run))
        _same(run, whole)
    return kills


def _killed(run: Run, come: Callable[[], bool]) -> bool:
    pid = born(run)
    while not come():
        if (code := ended(pid)) is not None:
            assert code == 0, f"{run.name}: {run.status().message} {run.log_tail()}"
            return False
        time.sleep(0.0005)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    code = os.waitpid(pid, 0)[1]
    if code == 0:
        return False
    # One that was killed before it wrote anything is as it was before.
    assert run.status().state in ("lost", "queued"), run.status()
    return True


def _lived_to_its_end(run: Run, pid: int) -> None:
    end = time.monotonic() + GIVE_UP
    while (code := ended(pid)) is None:
        assert time.monotonic() < end, f"{run.name} hangs: {run.log_tail()}"
        time.sleep(0.02)
    assert code == 0, f"{run.name}: {run.status().message} {run.log_tail()}"


def _same(run: Run, whole: Run) -> None:
    assert run.status().state == "finished"
    assert read_card(run.final_checkpoint).digest == read_card(whole.final_checkpoint).digest, run.name
    assert run.final_checkpoint.read_bytes() == whole.final_checkpoint.read_bytes(), run.name
    rows, expected = ([{**row, "seconds": 0} for row in each.metrics()] for each in (run, whole))
    assert rows == expected, run.name
    assert not list(run.checkpoints.rglob("*.tmp")), f"{run.name}: something half written is left"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = survive(Path(place), chosen.repeats, chosen.seed)
    late = found.pop("too late", 0)
    moments = ", ".join(f"{count} {moment}" for moment, count in found.items())
    print(f"{chosen.repeats} runs, killed {found.total()} times ({moments}; {late} times too late).")
    print("All ended with the weights of a run that was never killed.")
