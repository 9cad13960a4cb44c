"""Sweeps as processes of their own."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ancra.errors import AncraError
from ancra.jobs.liveness import process_token
from ancra.jobs.status import ShareStatus
from ancra.sweeps import job
from ancra.sweeps.plan import SweepPlan
from ancra.sweeps.sweep import Sweep


@pytest.fixture
def plan(tiny_recipe):
    recipe = tiny_recipe.with_changes(epochs=1, test_attacks=["fgsm"], objective={"base": "pgd_at"})
    return SweepPlan(name="tiny", title="Tiny", recipe=recipe, vary={"attack.steps": (1,)}, seeds=1)


@pytest.fixture
def commands(monkeypatch):
    """The commands that were to be started; a process that sleeps is started instead."""
    started, processes, real = [], [], subprocess.Popen

    def popen(command, **options):
        started.append((command, options))
        processes.append(real([sys.executable, "-c", "import time; time.sleep(60)"]))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    yield started
    for process in processes:
        process.kill()


def wait_for(sweep, *states):
    for _ in range(3000):
        if sweep.status().state in states:
            return
        time.sleep(0.1)
    raise AssertionError(f"{sweep.status()}: {(sweep.folder / 'output.txt').read_text()}")


@pytest.mark.slow
def test_a_sweep_is_carried_out_by_a_process_of_its_own(plan, workspace):
    sweep = job.start(plan)
    assert sweep.status().active
    wait_for(sweep, "finished", "failed", "cancelled", "lost")
    assert sweep.status().state == "finished", (sweep.folder / "output.txt").read_text()
    assert len(sweep.outcome().results) == 1


def test_it_is_started_as_on_the_command_line_and_once(plan, workspace, commands):
    sweep = job.start(plan.with_changes(recipe=plan.recipe.with_changes(test_attacks=[])), "ray")
    ((command, options),) = commands
    assert command[1:4] == ["-m", "ancra", "sweep"]
    assert command[4:] == [str(sweep.plan_file), "--yes", "--launcher", "ray"]
    assert options["start_new_session"]
    assert sweep.plan.recipe.test_attacks == ("worst",)
    assert (sweep.status().state, sweep.status().share) == ("queued", 0.0)
    with pytest.raises(AncraError, match="already"):
        job.go_on(sweep)


def test_stopped_before_its_first_run(plan, workspace, commands):
    sweep = job.start(plan)
    pid = sweep.status().pid
    job.stop(sweep)
    assert sweep.status().state == "cancelled"
    assert process_ends(pid)
    job.go_on(sweep)
    assert len(commands) == 2
    assert sweep.status().active


def test_a_running_one_is_asked_to_end_and_writes_its_ending_itself(plan, workspace, monkeypatch):
    sweep = Sweep.create(workspace / "sweeps" / "tiny", plan)
    sweep.write_status(ShareStatus().working())
    sent = []
    monkeypatch.setattr(os, "kill", lambda *arguments: sent.append(arguments))
    job.stop(sweep)
    assert sent == [(os.getpid(), signal.SIGTERM)]
    assert sweep.status().state == "running"


def test_one_of_another_machine_is_left_alone(plan, workspace):
    sweep = Sweep.create(workspace / "sweeps" / "tiny", plan)
    sweep.write_status(ShareStatus(state="running", pid=1, token="x", host="elsewhere"))
    with pytest.raises(AncraError, match="elsewhere"):
        job.stop(sweep)


def test_what_does_not_fit_is_said_before_anything_is_started(plan, workspace, commands):
    bad = plan.model_copy(update={"vary": {"negatives.strategy": ("random", "soft_l")}})
    with pytest.raises(AncraError, match="did you mean 'soft_ls'"):
        job.start(bad)
    assert commands == []


def process_ends(pid):
    for _ in range(100):
        if not process_token(pid):
            return True
        time.sleep(0.05)
    return False
