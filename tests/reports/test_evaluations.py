"""Evaluations as processes of their own: what their status says, however they end."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ancra.errors import AncraError
from ancra.jobs.signals import RunCancelled
from ancra.launchers.local import LocalLauncher
from ancra.reports import results
from ancra.reports.evaluations import EvaluationJob
from ancra.store import Store


@pytest.fixture
def job(workspace):
    return EvaluationJob("0123456789abcdef")


@pytest.fixture
def working(monkeypatch):
    """Replaces the work itself."""

    def put(work):
        monkeypatch.setattr(results, "make_results", lambda path, store, parts, device, report: work(report))

    return put


def carry_out(job, tmp_path):
    job.carry_out(tmp_path / "model.safetensors", Store([tmp_path]), ("attacks",))


def test_without_a_process_there_is_no_status(job):
    assert not job.begun
    LocalLauncher().cancel(job)
    assert not job.begun


def test_the_status_follows_the_work_to_its_end(job, tmp_path, working):
    seen = []

    def work(report):
        report("Trust report", 0.25, 12.0)
        seen.append(job.status())

    working(work)
    carry_out(job, tmp_path)
    assert (seen[0].state, seen[0].message, seen[0].share, seen[0].remaining) == (
        "running",
        "Trust report",
        0.25,
        12,
    )
    assert job.status().state == "finished"
    assert job.status().share == 1


def test_an_error_is_written_down_in_its_own_sentence(job, tmp_path, working):
    def work(report):
        raise AncraError("The images are gone.")

    working(work)
    with pytest.raises(AncraError):
        carry_out(job, tmp_path)
    assert (job.status().state, job.status().message) == ("failed", "The images are gone.")


def test_a_signal_stops_it_in_order(job, tmp_path, working):
    working(lambda report: os.kill(os.getpid(), signal.SIGTERM) or time.sleep(5))
    with pytest.raises(RunCancelled):
        carry_out(job, tmp_path)
    assert job.status().state == "cancelled"


def test_one_process_a_model_and_a_killed_one_is_lost(job, tmp_path, monkeypatch):
    popen = subprocess.Popen
    sleeper = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(subprocess, "Popen", lambda command, **options: popen(sleeper, **options))
    job.start(tmp_path / "model.safetensors", ("attacks",))
    assert job.status().state == "queued"
    with pytest.raises(AncraError, match="already"):
        job.start(tmp_path / "model.safetensors", ("attacks",))
    LocalLauncher().cancel(job)
    end = time.monotonic() + 10
    while job.status().active and time.monotonic() < end:
        time.sleep(0.05)
    assert job.status().state == "cancelled"


def test_parts_must_exist(tmp_path):
    with pytest.raises(AncraError, match="'transfer'"):
        results.make_results(tmp_path / "model.safetensors", Store([tmp_path]), ("transfr",))
