"""Runs through a real Ray cluster, started by the tests on this machine; skipped where the package is missing."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from engines import PATIENCE, evaluates_stops_and_goes_on, one_of_the_tests, page_of, same_weights, wait_until

from ancra.errors import AncraError
from ancra.jobs.launch import read_launch
from ancra.launchers.ray import ADDRESS, RayLauncher
from ancra.launchers.registry import launcher_of
from ancra.runs.run import Run
from benchmarks.serving import free_port

AuthenticationError = pytest.importorskip(
    "ray.exceptions", reason="the package ray is not installed"
).AuthenticationError
pytestmark = pytest.mark.slow


@dataclass
class Cluster:
    """Where a Ray answers: its job server, and the cluster itself."""

    jobs: str
    address: str


@pytest.fixture(scope="module")
def cluster():
    """A Ray of one processor, which waits in the foreground and takes its own processes along."""
    # `ray stop` would end every Ray of this machine; and the path of a socket must be short.
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    port, own = free_port(), free_port()
    ports = [f"--port={own}", f"--dashboard-agent-listen-port={free_port()}"]
    command = [Path(sys.executable).with_name("ray"), "start", "--head", "--block", f"--dashboard-port={port}", *ports]
    command += ["--num-cpus=1", f"--temp-dir={folder}", "--object-store-memory=100000000", "--disable-usage-stats"]
    command += [f"--ray-client-server-port={free_port()}"]
    with open(f"{folder}/out", "wb") as output, pytest.MonkeyPatch.context() as patch, ExitStack() as held:
        one_of_the_tests(patch, Path(folder))
        patch.delenv("RAY_ADDRESS", raising=False)
        # Ray gives up on its job server after a minute, says so in a line and goes on without it.
        patch.setenv("RAY_DASHBOARD_STARTUP_TIMEOUT_S", str(int(PATIENCE)))
        process = held.enter_context(subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True))
        try:
            patch.setenv(ADDRESS, f"http://127.0.0.1:{port}")
            wait_for(process, f"{folder}/out", port)
            yield Cluster(f"http://127.0.0.1:{port}", f"127.0.0.1:{own}")
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(40)  # it may take its time to say good-bye to its parts
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def wait_for(process, output, port):
    end = time.monotonic() + PATIENCE
    while "runtime started" not in (text := Path(output).read_text(errors="replace")) or not answers(port):
        assert process.poll() is None, f"Ray does not start: {text[-2000:]}"
        assert "Failed to start the dashboard" not in text, f"Ray has no job server: {text[-4000:]}"
        assert time.monotonic() < end, f"Ray does not start: {text[-2000:]}"
        time.sleep(0.2)


def answers(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/api/version", timeout=5).status == 200
    except OSError:
        return False


def test_ray_trains_queues_stops_and_goes_on(cluster, long_recipe, whole, tmp_path, monkeypatch):
    run, other = Run.create(tmp_path / "run", long_recipe), Run.create(tmp_path / "other", long_recipe)
    ray = RayLauncher()
    ray.submit(run)
    ray.submit(other)
    assert read_launch(other).address == cluster.jobs
    assert ray.status(other).state == "queued"  # there is one processor
    with pytest.raises(AncraError, match="queued by ray already"):
        ray.submit(other)
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:1")  # the run knows where its job is
    launcher_of(other).cancel(other)
    assert other.status().state == "cancelled"
    wait_until(lambda: run.metrics(), run)
    launcher_of(run).cancel(run)
    wait_until(lambda: run.status().state == "cancelled", run)
    monkeypatch.setenv(ADDRESS, cluster.jobs)
    ray.submit(run)
    wait_until(lambda: not run.status().active, run)
    same_weights(run, whole)
    assert other.metrics() == []


def test_ray_evaluates_and_an_evaluation_that_was_stopped_goes_on(cluster, whole):
    evaluates_stops_and_goes_on(RayLauncher(), whole)


def test_the_app_computes_on_a_ray_that_runs_already(cluster, tmp_path):
    """And leaves it as it was: its one processor is free again for the next test."""
    port = free_port()
    command = [sys.executable, "-m", "ancra", "app", "--engine", "ray", "--port", str(port)]
    with (
        open(tmp_path / "out", "wb") as output,
        subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, "RAY_ADDRESS": cluster.address}
        ) as server,
    ):
        try:
            shown = page_of(port, "attack", "images=Digits&attacked=TRADES&image=100")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    said = " ".join(shown)
    assert "Computed on Ray" in said, (tmp_path / "out").read_text()[-2000:]
    assert "Everything that an attacker could climb" in said  # there is a trace
    assert "Something went wrong" not in said


def test_a_job_that_ended_before_it_began_is_lost(cluster, long_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(Run, "command", ["false"])
    run, ray = Run.create(tmp_path / "run", long_recipe), RayLauncher()
    ray.submit(run)
    wait_until(lambda: ray.status(run).state == "lost", run)
    assert run.status().state == "queued"  # a plain look asks nobody
    ray.cancel(run)
    assert run.status().state == "cancelled"


def test_a_cluster_that_asks_for_a_token_is_said(long_recipe, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AuthenticationError("Missing authentication token")

    monkeypatch.setattr("ray.job_submission.JobSubmissionClient", refuse)
    with pytest.raises(AncraError, match="RAY_AUTH_MODE=token"):
        RayLauncher().submit(Run.create(tmp_path / "run", long_recipe))


def test_a_cluster_that_does_not_answer_is_said(long_recipe, tmp_path, monkeypatch):
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:1")
    run = Run.create(tmp_path / "run", long_recipe)
    with pytest.raises(AncraError, match=r"Ray at http://127\.0\.0\.1:1 did not answer"):
        RayLauncher().submit(run)
    assert run.status().state == "failed"
    assert read_launch(run).launcher == "ray"  # resume tries it again
