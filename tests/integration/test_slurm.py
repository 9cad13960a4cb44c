"""Runs through a real Slurm, started by the tests on this machine; skipped where Slurm or root is missing."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from engines import evaluates_stops_and_goes_on, one_of_the_tests, same_weights, wait_until
from slurm_cluster import slurm_cluster, why_not

from ancra.errors import AncraError
from ancra.jobs.launch import Launch, read_launch, write_launch, write_state
from ancra.launchers.registry import launcher_of
from ancra.launchers.slurm import SlurmLauncher
from ancra.runs.run import Run

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not())]


@pytest.fixture(scope="module")
def cluster():
    with (
        tempfile.TemporaryDirectory(prefix="slurm-") as folder,
        pytest.MonkeyPatch.context() as patch,
        slurm_cluster(Path(folder)) as configuration,
    ):
        patch.setenv("SLURM_CONF", str(configuration))
        one_of_the_tests(patch, Path(folder))
        yield


@pytest.fixture
def closed(cluster):
    """A cluster that takes jobs, and starts none."""
    change = ["scontrol", "update", "PartitionName=main"]
    subprocess.run([*change, "State=DOWN"], check=True)
    yield
    subprocess.run(["scancel", "--state=PENDING", "--user=root"], check=True)
    subprocess.run([*change, "State=UP"], check=True)


def test_slurm_trains_queues_stops_takes_back_and_goes_on(cluster, long_recipe, whole, tmp_path):
    run, other = Run.create(tmp_path / "run", long_recipe), Run.create(tmp_path / "other", long_recipe)
    slurm = SlurmLauncher()
    slurm.submit(run)
    slurm.submit(other)
    assert read_launch(other).launcher == "slurm"
    assert slurm.status(other).state == "queued"  # there is one processor
    with pytest.raises(AncraError, match="queued by slurm already"):
        slurm.submit(other)
    launcher_of(other).cancel(other)
    assert other.status().state == "cancelled"

    wait_until(lambda: run.metrics(), run)
    epochs = len(run.metrics())
    subprocess.run(["scancel", "--signal=USR2", read_launch(run).job], check=True)  # as when the time is up
    wait_until(lambda: run.status().state == "queued", run)
    assert "took the machine back" in run.status().message
    wait_until(lambda: len(run.metrics()) > epochs, run)

    slurm.cancel(run)
    wait_until(lambda: run.status().state == "cancelled", run)
    slurm.submit(run)
    wait_until(lambda: not run.status().active, run)
    same_weights(run, whole)


def test_slurm_evaluates_and_an_evaluation_that_was_stopped_goes_on(cluster, whole):
    evaluates_stops_and_goes_on(SlurmLauncher(), whole)


def test_a_job_that_vanished_before_it_began_is_lost(closed, long_recipe, tmp_path):
    run, slurm = Run.create(tmp_path / "run", long_recipe), SlurmLauncher()
    slurm.submit(run)
    assert slurm.status(run).state == "queued"
    subprocess.run(["scancel", read_launch(run).job], check=True)
    wait_until(lambda: slurm.status(run).state == "lost", run)
    assert run.status().state == "queued"  # a plain look asks nobody
    slurm.cancel(run)
    assert run.status().state == "cancelled"
    slurm.submit(run)
    slurm.cancel(run)
    assert run.status().state == "cancelled"


def test_a_job_that_was_preempted_by_sigterm_alone_waits_again(closed, long_recipe, tmp_path):
    run, slurm = Run.create(tmp_path / "run", long_recipe), SlurmLauncher()
    slurm.submit(run)
    # As the run says itself; Slurm has put its job into the queue again.
    write_state(run, "cancelled", "Stopped by SIGTERM.")
    assert slurm.status(run).state == "queued"
    with pytest.raises(AncraError, match="queued by slurm already"):
        slurm.submit(run)
    slurm.cancel(run)
    assert slurm.status(run).state == "cancelled"


def test_what_slurm_refuses_is_said_and_the_run_can_be_submitted_again(cluster, long_recipe, tmp_path, monkeypatch):
    run, slurm = Run.create(tmp_path / "run", long_recipe), SlurmLauncher()
    refused = {"partition=nowhere": "artition", "colour=red": "colour", "time=1h": "minutes", "red": "key="}
    for wrong, said in refused.items():
        monkeypatch.setenv("ANCRA_SLURM", wrong)
        with pytest.raises(AncraError, match=said):
            slurm.submit(run)
        assert run.status().state == "failed"


def test_a_controller_that_is_down_is_said(long_recipe, tmp_path, monkeypatch):
    squeue = tmp_path / "squeue"
    squeue.write_text("#!/bin/sh\necho 'slurm_load_jobs error: Unable to contact slurm controller' >&2\nexit 1\n")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    run, slurm = Run.create(tmp_path / "run", long_recipe), SlurmLauncher()
    write_launch(run, Launch(launcher="slurm", job="1"))
    for ask in (slurm.cancel, slurm.status, slurm.submit):
        with pytest.raises(AncraError, match="Unable to contact slurm controller"):
            ask(run)
    assert run.status().state == "queued"
