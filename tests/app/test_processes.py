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
from ancra.progress import unheard
from app.engine.kinds.attacks import Attacked, searched
from app.engine.processes import Processes, devices_in_words
from app.engine.request import Request, Source

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def processes():
    made = Processes(["cpu"])
    yield made
    made.close()


def pid(device, board):
    return os.getpid()


def test_work_runs_in_a_process_of_its_own_which_stays(processes):
    first = processes.call(pid)
    assert first != os.getpid()
    assert processes.call(pid) == first


def test_pages_go_before_what_is_computed(processes):
    assert psutil.Process(processes.call(pid)).nice() > psutil.Process().nice()


def test_what_work_raises_reaches_the_asker_and_the_process_stays(processes):
    def fail(device, board, text):
        return int(text)

    before = processes.call(pid)
    with pytest.raises(ValueError, match="invalid literal"):
        processes.call(fail, "no number")
    assert processes.call(pid) == before


def test_after_kill_9_the_work_is_done_once_more_by_another_process(processes, tmp_path):
    before, done = processes.call(pid), []
    pipe = tmp_path / "told"
    os.mkfifo(pipe)
    record = tmp_path / "record"

    def work(device, board, pipe, record):
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

    asking = threading.Thread(target=lambda: done.append(processes.call(work, str(pipe), str(record))))
    asking.start()
    assert pipe.read_text() == "begun"  # waits until the work has begun
    os.kill(before, signal.SIGKILL)
    asking.join(60)
    assert done
    assert done[0] not in (before, os.getpid())
    assert len(record.read_text().split()) == 2


def test_one_that_stands_by_takes_the_place_of_one_that_is_killed_while_it_waits():
    path, card = next(iter(find_checkpoints()))
    engine, others = Processes(["cpu"]), {each.pid for each in psutil.Process().children()}
    engine.get_ready(Request("ready", Source(str(path), card.digest)))
    first = engine.call(pid)
    (second,) = (
        {each.pid for each in psutil.Process().children() if "popen_loky" in str(each.cmdline())} - {first} - others
    )
    psutil.Process(first).kill()
    assert engine.call(pid) == second
    engine.close()
    assert not psutil.pid_exists(second)


def test_work_that_ends_its_process_twice_is_given_up_in_one_sentence(processes):
    def work(device, board):
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(AncraError, match="ended twice"):
        processes.call(work)
    assert processes.call(pid) != os.getpid()


def test_who_asked_hears_how_far_the_work_is_and_can_end_it(processes):
    def work(device, board):
        board.tell(3, 4)
        while not board.stopped():
            pass
        return "what there was"

    stop = threading.Event()

    def told(done, total):
        if (done, total) == (3, 4):
            stop.set()

    assert processes.call(work, on_progress=told, stop=stop) == "what there was"
    assert not processes.call(lambda device, board: board.stopped()), "the next one is not ended with it"


def test_several_gpus_are_shared_out():
    both, devices = threading.Barrier(2), []
    engine = Processes(["cuda:0", "cuda:1"])

    def work(device, board):
        board.tell(1, 1)
        while not board.stopped():
            pass
        return device

    stop = threading.Event()

    def told(done, total):
        if total and not stop.is_set():
            both.wait(60)  # both are at work
            stop.set()

    asking = [
        threading.Thread(target=lambda: devices.append(engine.call(work, on_progress=told, stop=stop))) for _ in "ab"
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join(60)
    engine.close()
    assert sorted(devices) == ["cuda:0", "cuda:1"]


def test_without_processes_work_is_done_where_it_is_asked_for():
    path, card = next(iter(find_checkpoints()))
    engine = Processes([])
    found = engine.run(Request("ready", Source(str(path), card.digest)), [None], unheard)
    assert found.results == [None]
    assert found.device == "cpu"


def test_devices_in_words():
    assert devices_in_words(["cpu", "cpu"]) == "the CPU"
    assert devices_in_words(["cuda:0", "cuda:1", "cuda:0"]) == "2 GPUs"
    assert devices_in_words(["mps"]) == "the GPU"


def test_traces_of_a_process_are_those_of_this_one(processes):
    path, card = next(found for found in find_checkpoints() if found[1].dataset == "digits")
    images = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)).split(1)
    items = [Attacked(image, label) for image, label in zip(images, (1, 2), strict=True)]
    asked = Request("trace", Source(str(path), card.digest), AttackSettings(steps=3, epsilon=0.2))
    both = [engine.run(asked, items, unheard).results for engine in (processes, Processes([]))]
    for there, here in zip(*both, strict=True):
        assert np.allclose(there.images, here.images, atol=1e-5)
        assert np.allclose(there.losses, here.losses, atol=1e-5)


def test_objectives_that_mix_share_a_search_and_find_what_each_finds_alone():
    path, card = next(found for found in find_checkpoints() if found[1].model.reverse_attention_blocks)
    source, settings = Source(str(path), card.digest), AttackSettings(steps=3, epsilon=0.2)
    images = torch.rand(3, *card.image_shape, generator=torch.Generator().manual_seed(0)).split(1)
    names = ("ce", "joint", "margin_first")
    items = [Attacked(image, 1, objective=name) for image, name in zip(images, names, strict=True)]
    engine = Processes([])
    together = engine.run(Request("trace", source, searched(settings)), items, unheard).results
    for image, name, found in zip(images, names, together, strict=True):
        own = settings.with_changes(objective=name)
        (alone,) = engine.run(Request("trace", source, own), [Attacked(image, 1)], unheard).results
        assert np.allclose(found.images, alone.images, atol=1e-5)
        assert np.allclose(found.gradient_norm, alone.gradient_norm, rtol=1e-3, equal_nan=True)
    shared = {searched(settings.with_changes(objective=name)).digest() for name in names}
    assert len(shared) == 1
    with_attention = settings.with_changes(objective="soft_attention")
    assert searched(with_attention) == with_attention


def test_processes_end_with_the_server_that_is_killed():
    program = (
        "from app.engine.processes import Processes; "
        "print(Processes(['cpu']).call(lambda device, board: __import__('os').getpid()), flush=True); input()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    worker = psutil.Process(int(server.stdout.readline()))
    server.kill()
    server.communicate(timeout=30)
    worker.wait(timeout=30)
