"""Real processes: a run is killed or stopped, resumed, and ends as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ancra.checkpoints import read_card
from ancra.errors import AncraError
from ancra.jobs.status import RunStatus
from ancra.launchers.registry import LocalLauncher
from ancra.runs.execution import execute
from ancra.runs.extend import extend
from ancra.runs.run import Run


@pytest.fixture(autouse=True, scope="module")
def one_thread(tmp_path_factory):
    # The order of a sum depends on the number of threads.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANCRA_HOME", str(tmp_path_factory.mktemp("workspace")))  # slots of the tests' own
        patch.setenv("ANCRA_THREADS", "1")
        patch.setenv("OMP_WAIT_POLICY", "PASSIVE")
        yield


@pytest.fixture(scope="module")
def whole(tiny_recipe, tmp_path_factory, one_thread):
    run = Run.create(tmp_path_factory.mktemp("runs") / "whole", tiny_recipe)
    execute(run)
    return run


def start(run):
    return subprocess.Popen(run.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def wait_until(condition, seconds=150):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def without_seconds(run):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in run.metrics()]


def assert_same(run, whole):
    assert run.status().state == "finished"
    assert run.final_checkpoint.read_bytes() == whole.final_checkpoint.read_bytes()
    assert without_seconds(run) == without_seconds(whole)


def test_a_whole_run_leaves_all_its_files(whole, tiny_recipe):
    status = whole.status()
    assert (status.state, status.epoch, status.share, status.pid) == ("finished", 6, 1.0, None)
    assert [row["epoch"] for row in whole.metrics()] == list(range(1, 7))
    assert "epoch 6/6" in whole.log_tail()
    assert list((whole.folder / "tensorboard").iterdir())


def test_a_run_given_more_epochs_ends_as_one_that_had_them_from_the_start(tiny_recipe, tmp_path):
    steady = tiny_recipe.with_changes(epochs=4, epsilon_ramp=0, schedule={"kind": "steps", "milestones": (1, 3)})
    whole = Run.create(tmp_path / "whole", steady)
    execute(whole)
    run = Run.create(tmp_path / "extended", steady.with_changes(epochs=2))
    execute(run)
    extend(run, 4)
    assert run.status().state == "cancelled"
    execute(run, resume=True)
    assert_same(run, whole)


def test_more_epochs_are_refused_where_those_behind_would_have_been_others(whole):
    with pytest.raises(AncraError, match=r"schedule\.kind cosine, epsilon_ramp 0\.5"):
        extend(whole, 12)
    assert whole.status().state == "finished"


@pytest.mark.slow
def test_killed_at_any_moment_then_stopped_then_resumed(whole, tiny_recipe, tmp_path):
    run = Run.create(tmp_path / "killed", tiny_recipe)
    process = start(run)
    wait_until(lambda: run.metrics())
    process.kill()
    process.wait()
    assert run.status().state == "lost"

    epochs = len(run.metrics())
    process = start(run)
    wait_until(lambda: run.status().state == "running" and len(run.metrics()) > epochs)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 128 + signal.SIGTERM
    assert "--resume" in said
    assert run.status().state == "cancelled"

    execute(run, resume=True)
    assert_same(run, whole)


@pytest.mark.slow
def test_the_launcher_starts_stops_and_goes_on(whole, tiny_recipe, tmp_path):
    run, launcher = Run.create(tmp_path / "launched", tiny_recipe), LocalLauncher()
    launcher.submit(run)
    wait_until(lambda: run.metrics())
    pid = run.status().pid
    with pytest.raises(AncraError, match="already"):
        launcher.submit(run)
    launcher.cancel(run)
    wait_until(lambda: run.status().state == "cancelled")
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"))  # reaped, no zombie
    launcher.submit(run)
    wait_until(lambda: run.status().state == "finished")
    assert_same(run, whole)


def test_a_process_that_dies_before_it_starts_is_not_queued_for_ever(tiny_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(Run, "command", [sys.executable, "-c", "print('no luck')"])
    run = Run.create(tmp_path / "run", tiny_recipe)
    LocalLauncher().submit(run)
    wait_until(lambda: run.status().state == "lost")
    assert run.log_tail() == "no luck"


def test_two_processes_do_not_train_one_run(tiny_recipe, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    run = Run.create(tmp_path / "run", tiny_recipe)
    with (run.folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(AncraError, match="another process"):
            execute(run)


def test_a_failure_is_written_down(tiny_recipe, tmp_path):
    missing = {"name": "image_folder", "root": str(tmp_path / "nowhere")}
    run = Run.create(tmp_path / "run", tiny_recipe.with_changes(data=missing))
    with pytest.raises(AncraError, match="nowhere"):
        execute(run)
    assert run.status().state == "failed"
    assert "nowhere" in run.status().message
    assert "nowhere" in run.log_tail()


def test_an_unexpected_error_is_written_down_too(tiny_recipe, tmp_path, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("ancra.training.trainer.train", broken)
    run = Run.create(tmp_path / "run", tiny_recipe)
    with pytest.raises(ZeroDivisionError):
        execute(run)
    assert run.status().message == "Unexpected ZeroDivisionError: oops"
    assert "Traceback" in run.log_tail(50)


def test_a_finished_run_is_left_alone(tiny_recipe, tmp_path):
    run = Run.create(tmp_path / "run", tiny_recipe)
    run.final_checkpoint.write_bytes(b"finished")
    run.write_status(RunStatus(state="finished"))
    assert execute(run, resume=True).read_bytes() == b"finished"


def test_a_finished_model_is_tested_where_the_recipe_asks_for_it(tiny_recipe, tmp_path):
    recipe = tiny_recipe.with_changes(epochs=1, test_attacks=("fgsm", "worst"))
    run = Run.create(tmp_path / "tested", recipe)
    execute(run)
    (row,) = read_card(run.final_checkpoint).evaluation
    assert row["checkpoint"] == "tested"
    assert row["worst"] <= min(row["pgd"], row["adaptive"], row["fgsm"]) <= row["natural"]
    assert "worst case" in run.log_tail()


def test_a_typo_among_the_test_attacks_is_found_before_training(tiny_recipe, tmp_path):
    run = Run.create(tmp_path / "typo", tiny_recipe.with_changes(test_attacks=("adaptiv",)))
    with pytest.raises(AncraError, match="did you mean 'adaptive'"):
        execute(run)
    assert run.metrics() == []
