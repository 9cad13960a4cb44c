"""Runs end by a signal, but not amid what may not be left half done."""

import os
import signal
from queue import Queue
from threading import Thread

import pytest

from ancra.jobs.signals import RunCancelled, ended_by_signals, uninterrupted


def test_a_signal_waits_until_the_block_has_ended():
    done = []

    def work() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("whole")
        done.append("not reached")

    with ended_by_signals(), pytest.raises(RunCancelled, match="SIGTERM"):
        work()
    assert done == ["whole"]


def test_handlers_are_what_they_were():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with uninterrupted():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_another_thread_holds_nothing_back():
    said: Queue[str] = Queue()

    def work() -> None:
        with uninterrupted():
            said.put("done")

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert said.get_nowait() == "done"
