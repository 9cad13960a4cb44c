"""What a job's status file holds, through all of its states."""

import os

import pytest

from ancra.errors import AncraError
from ancra.jobs.ending import ending_written, wait_until_idle
from ancra.jobs.signals import RunCancelled
from ancra.jobs.status import JobStatus, RunStatus, ShareStatus, read_status, write_status


def test_a_working_status_names_the_process_and_an_ended_one_none():
    status = RunStatus(epoch=2, epochs=4, remaining=8.0).working()
    assert (status.state, status.pid, bool(status.token), status.share) == ("running", os.getpid(), True, 0.5)
    over = status.ended("cancelled", message="Stopped.")
    assert (over.state, over.message, over.pid, over.token, over.host, over.remaining) == (
        "cancelled",
        "Stopped.",
        None,
        "",
        "",
        None,
    )
    assert over.epoch == 2


@pytest.mark.parametrize("kind", [RunStatus, ShareStatus])
def test_a_status_that_another_version_wrote_is_read(kind, tmp_path):
    old = (
        '{"state": "finished", "message": "", "epoch": 6, "epochs": 6, "step": 0, "steps": 3, "remaining": 0.0, '
        '"created": 1.5, "started": 2.0, "updated": 3.0, "pid": null, "token": "", "host": "here", "more": 1}'
    )
    (tmp_path / "status.json").write_text(old)
    status = read_status(kind, tmp_path / "status.json")
    assert (status.state, status.created) == ("finished", 1.5)


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (RunCancelled(15), "cancelled", "Stopped by SIGTERM."),
        (AncraError("No such data."), "failed", "No such data."),
        (ZeroDivisionError("by zero"), "failed", "Unexpected ZeroDivisionError: by zero"),
    ],
)
def test_an_ending_says_what_was_raised(error, state, message, tmp_path):
    path = tmp_path / "status.json"
    status = ShareStatus(share=0.5).working()
    with (
        pytest.raises(type(error)),
        ending_written(lambda: status, lambda it: write_status(path, it), "Stopped by {signal}."),
    ):
        raise error
    written = read_status(ShareStatus, path)
    assert (written.state, written.message, written.pid, written.share) == (state, message, None, 0.5)


def test_waiting_ends_with_the_job_or_when_there_is_none():
    states = iter([JobStatus(state="running"), JobStatus(state="running"), JobStatus(state="cancelled")])
    wait_until_idle(lambda: next(states), seconds=60)
    assert next(states, None) is None
    wait_until_idle(lambda: None, seconds=60)
