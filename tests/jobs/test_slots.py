"""The line of waiting runs and the slots, without any training: processes that only hold what they were given."""

import os
import subprocess
import sys
import time

import pytest

from ancra.errors import AncraError
from ancra.files import try_lock
from ancra.jobs.slots import gpus, held_slot, queue_position, slot_count, use_gpu_of
from ancra.jobs.tickets import slots_folder, take_ticket, tickets
from ancra.launchers.local import LocalLauncher
from ancra.runs.execution import execute
from ancra.runs.run import Run

HOLDER = """
import sys, time
from pathlib import Path
from ancra.jobs.slots import held_slot
with held_slot(Path(sys.argv[1]), lambda: print("waits", flush=True)) as slot:
    print(f"slot {slot}", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def one_slot(workspace, monkeypatch):
    monkeypatch.setenv("ANCRA_SLOTS", "1")


@pytest.fixture
def run(tiny_recipe, tmp_path):
    return Run.create(tmp_path / "run", tiny_recipe)


@pytest.fixture
def holder(tmp_path):
    """Starts a process that waits for a slot, for the run of a name, and holds it until it is killed."""
    processes = []

    def start(name):
        command = [sys.executable, "-c", HOLDER, str(tmp_path / name)]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def taken(workspace):
    """The only slot, held by somebody else."""
    slots_folder().mkdir(parents=True)
    with (slots_folder() / "0.lock").open("w") as file:
        assert try_lock(file)
        yield file


class Enough(Exception):  # noqa: N818
    """The test has seen enough of the waiting."""


def enough():
    raise Enough


def test_slots_are_the_gpus_or_one_or_as_many_as_told(monkeypatch):
    assert slot_count() == 1
    monkeypatch.delenv("ANCRA_SLOTS")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5,7")
    assert gpus() == ("2", "5", "7")
    assert slot_count() == 3
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert slot_count() == 1
    for wrong in ("two", "0", "-1", "1.5"):
        monkeypatch.setenv("ANCRA_SLOTS", wrong)
        with pytest.raises(AncraError, match="ANCRA_SLOTS"):
            slot_count()


@pytest.mark.parametrize(("device", "expected"), [("auto", "7"), ("cuda", "7"), ("cpu", None), ("cuda:1", None)])
def test_a_slot_has_its_gpu_unless_the_recipe_wants_a_certain_device(monkeypatch, device, expected):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    assert use_gpu_of(3, device) == expected
    assert os.environ["CUDA_VISIBLE_DEVICES"] == (expected or "5,7")


def test_a_free_slot_is_taken_at_once_and_given_back(run):
    with held_slot(run.folder, enough) as slot:
        assert slot == 0
        assert queue_position(run.folder) is None
        with pytest.raises(Enough), held_slot(run.folder, enough):
            pass
    with held_slot(run.folder, enough):
        pass


def test_first_come_first_served(taken, tmp_path, tiny_recipe):
    runs = [Run.create(tmp_path / name, tiny_recipe) for name in "abc"]
    places = [take_ticket(run.folder) for run in runs]
    assert [queue_position(run.folder) for run in runs] == [1, 2, 3]
    taken.close()
    # The slot is free, but the last in the line is not the next.
    with pytest.raises(Enough), held_slot(runs[2].folder, enough):
        pass
    places[0].close()  # the first one's process died
    assert [queue_position(run.folder) for run in runs[:2]] == [None, 1]
    with held_slot(runs[1].folder, enough):
        assert [folder.name for _, folder in tickets()] == []
    for place in places:
        place.close()


def test_whoever_stops_waiting_leaves_the_line(taken, run):
    with pytest.raises(Enough), held_slot(run.folder, enough):
        pass
    assert list(tickets()) == []


def test_a_killed_process_lets_go_of_its_slot_and_of_its_place(holder):
    first, second = holder("first"), None
    assert first.stdout.readline() == "slot 0\n"
    second = holder("second")
    assert second.stdout.readline() == "waits\n"
    third = holder("third")
    assert third.stdout.readline() == "waits\n"
    second.kill()
    second.wait()
    assert [folder.name for _, folder in tickets()] == ["third"]
    first.kill()
    assert [line for line in iter(third.stdout.readline, "slot 0\n") if line != "waits\n"] == []


def test_a_queued_run_waits_lightly_and_is_stopped_at_once(taken, run):
    launcher = LocalLauncher()
    launcher.submit(run)
    assert queue_position(run.folder) == 1
    with pytest.raises(AncraError, match="queued already"):
        launcher.submit(run)
    end = time.monotonic() + 60
    while "waits" not in run.log_tail():
        assert time.monotonic() < end
        time.sleep(0.05)
    pid = run.status().pid
    assert "libtorch" not in open(f"/proc/{pid}/maps").read()  # noqa: SIM115
    launcher.cancel(run)
    assert run.status().state == "cancelled"
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert run.status().state == "cancelled"
    assert queue_position(run.folder) is None


def test_a_queued_run_whose_process_died_is_lost_and_can_be_submitted_again(taken, run):
    launcher = LocalLauncher()
    for _ in range(2):
        launcher.submit(run)
        os.kill(run.status().pid, 9)
        end = time.monotonic() + 30
        while run.status().state != "lost":
            assert time.monotonic() < end
            time.sleep(0.02)
        assert queue_position(run.folder) is None
    launcher.cancel(run)


def test_a_folder_that_is_deleted_ends_the_waiting_and_stays_deleted(taken, run, monkeypatch):
    def delete(seconds):
        for path in sorted(run.folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        run.folder.rmdir()

    monkeypatch.setattr("ancra.jobs.slots.sleep", delete)
    with pytest.raises(AncraError, match="gone"):
        execute(run, queued=True)
    assert not run.folder.exists()


def test_a_workspace_that_cannot_be_written(run, monkeypatch, tmp_path):
    (tmp_path / "slots").write_text("")
    monkeypatch.setenv("ANCRA_HOME", str(tmp_path))
    with pytest.raises(AncraError, match="cannot be"):
        LocalLauncher().submit(run)
    assert run.status().state == "failed"
