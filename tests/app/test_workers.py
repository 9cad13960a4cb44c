"""A process that computes may be killed at any time: another takes its place and does the work once more."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from ancra.attacks.settings import AttackSettings
from ancra.checkpoints import find_checkpoints
from ancra.errors import AncraError
from app import tracing
from app.workers import Workers

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def workers():
    made = Workers(1)
    yield made
    made.close()


def test_work_runs_in_a_process_of_its_own_which_stays(workers):
    first = workers.run(os.getpid)
    assert first != os.getpid()
    assert workers.run(os.getpid) == first


def test_what_work_raises_reaches_the_asker_and_the_process_stays(workers):
    before = workers.run(os.getpid)
    with pytest.raises(ValueError, match="invalid literal"):
        workers.run(int, "no number")
    assert workers.run(os.getpid) == before


def test_after_kill_9_the_work_is_done_once_more_by_another_process(workers, tmp_path):
    before, done = workers.run(os.getpid), []
    pipe = tmp_path / "told"
    os.mkfifo(pipe)
    record = tmp_path / "record"

    def work(pipe, record):
        import os
        import signal

        with open(record, "a") as told:
            told.write(f"{os.getpid()}\n")
        with open(record) as told:
            tries = told.readlines()
        if len(tries) == 1:
            with open(pipe, "w") as begun:
                begun.write("begun")
            signal.pause()
        return os.getpid()

    asking = threading.Thread(target=lambda: done.append(workers.run(work, str(pipe), str(record))))
    asking.start()
    assert pipe.read_text() == "begun"  # waits until the work has begun
    os.kill(before, signal.SIGKILL)
    asking.join(60)
    assert done
    assert done[0] not in (before, os.getpid())
    assert len(record.read_text().split()) == 2


def test_work_that_ends_its_process_twice_is_given_up_in_one_sentence(workers):
    def work():
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(AncraError, match="ended twice"):
        workers.run(work)
    assert workers.run(os.getpid) != os.getpid()


def test_without_processes_work_runs_where_it_is_asked_for():
    assert Workers(0).run(os.getpid) == os.getpid()


def test_traces_of_a_process_are_those_of_this_one(workers):
    path, card = next(found for found in find_checkpoints() if found[1].dataset == "digits")
    given = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)), [1, 2], None
    asked = (str(path), card.digest, *given, AttackSettings(steps=3, epsilon=0.2))
    for there, here in zip(workers.run(tracing.traces, *asked), tracing.traces(*asked), strict=True):
        assert np.allclose(there.images, here.images, atol=1e-5)
        assert np.allclose(there.losses, here.losses, atol=1e-5)


def test_processes_end_with_the_server_that_is_killed():
    program = "import os; from app.workers import Workers; print(Workers(1).run(os.getpid), flush=True); input()"
    server = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    worker = psutil.Process(int(server.stdout.readline()))
    server.kill()
    server.communicate(timeout=30)
    worker.wait(timeout=30)
