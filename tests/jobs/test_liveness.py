"""Whether the process of a status is still there."""

import os
from time import time

import psutil
import pytest

from ancra.jobs.liveness import is_alive, process_token
from ancra.jobs.status import SILENCE, RunStatus


def running(**changes):
    return RunStatus().working(**changes)


def test_a_run_whose_process_lives_is_running_however_silent():
    assert running(updated=time() - 1000).seen_from_here().state == "running"


def test_a_pid_that_was_used_again_is_lost():
    assert running(token="boot:12345").seen_from_here().state == "lost"


def test_a_status_written_before_the_token_lost_the_boot_in_front_is_still_told():
    token = process_token(os.getpid())
    assert running(token=f"6a2b-boot:{token}").seen_from_here().state == "running"


def test_a_later_process_of_the_same_pid_has_another_token(monkeypatch):
    before = process_token(os.getpid())
    began = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: began(self) + 0.02)
    assert process_token(os.getpid()) != before


def test_the_token_stays_when_the_clock_is_set(monkeypatch):
    before = process_token(os.getpid())
    began, boot = psutil.Process.create_time, psutil.boot_time
    if not psutil.LINUX:
        pytest.skip("elsewhere the system keeps the time of day at which a process began")
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: began(self) + 3600)
    monkeypatch.setattr(psutil, "boot_time", lambda: boot() + 3600)
    assert process_token(os.getpid()) == before


def test_a_pid_that_is_gone_is_lost():
    assert running(pid=2**22 + 1).seen_from_here().state == "lost"


def test_on_another_machine_silence_decides():
    assert running(host="elsewhere", updated=time()).seen_from_here().state == "running"
    assert running(host="elsewhere", updated=time() - 2 * SILENCE).seen_from_here().state == "lost"


def test_a_zombie_is_not_alive():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    token = process_token(os.getpid())
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert process_token(pid) == ""
    assert not is_alive(pid, token)
    os.waitpid(pid, 0)
