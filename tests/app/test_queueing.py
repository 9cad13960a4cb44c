import threading
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from ancra.errors import AncraError
from app.memory import held_bytes
from app.queueing import OF_ONE, Job, Queue
from app.work import Batched


def no_wait(text, share):
    pass


class Once:
    """Tells of the first time that somebody is made to wait."""

    def __init__(self, told):
        self.told, self.waiting = told, False

    def __call__(self, text, share):
        if not self.waiting:
            self.waiting = True
            self.told.release()


def test_of_one_owner_one_thing_is_computed_at_a_time_and_others_go_before_the_next():
    queue, order, running, release = Queue(workers=2), [], threading.Semaphore(0), threading.Event()

    def noting(name):
        def work(progress):
            order.append(name)
            running.release()
            release.wait(30)

        return work

    jobs = [queue.begin(name, noting(name), owner) for name, owner in (("a1", "a"), ("a2", "a"), ("b1", "b"))]
    running.acquire(timeout=30)
    running.acquire(timeout=30)
    assert sorted(order) == ["a1", "b1"]
    release.set()
    for job in jobs:
        job.future.result(timeout=30)
    assert order[-1] == "a2"
    assert queue.begin("a3", lambda progress: 3, "a").future.result(timeout=30) == 3


def test_a_failure_lets_the_owners_next_computation_begin():
    queue = Queue(workers=1)
    failed = queue.begin("first", lambda progress: 1 // 0, "a")
    assert queue.begin("second", lambda progress: 2, "a").future.result(timeout=30) == 2
    with pytest.raises(ZeroDivisionError):
        failed.future.result(timeout=30)


def test_a_full_queue_takes_nothing_more_but_answers_what_it_has():
    queue, release = Queue(workers=1, most=2), threading.Event()
    jobs = [queue.begin(key, lambda progress: release.wait(30)) for key in "ab"]
    with pytest.raises(AncraError, match="2 computations are waiting"):
        queue.begin("c", no_wait)
    assert queue.begin("a", no_wait) is jobs[0]
    release.set()
    for job in jobs:
        job.future.result(timeout=30)
    assert queue.begin("c", lambda progress: 3).future.result(timeout=30) == 3


def test_one_owner_cannot_fill_the_queue():
    queue, release = Queue(workers=1), threading.Event()
    for key in range(OF_ONE + 1):
        queue.begin(key, lambda progress: release.wait(30), "a")
    with pytest.raises(AncraError, match="still being computed"):
        queue.begin("more", no_wait, "a")
    other = queue.begin("more", lambda progress: 1, "b")
    release.set()
    assert other.future.result(timeout=30) == 1


def test_the_same_thing_is_computed_once_for_everybody():
    queue, calls, answers, release = Queue(workers=2), [], [], threading.Event()

    def work(progress):
        calls.append(1)
        release.wait(30)
        return "answer"

    asked = threading.Semaphore(0)  # whoever waits says so
    threads = [threading.Thread(target=lambda: answers.append(queue.ask("key", work, Once(asked)))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert asked.acquire(timeout=30)
    release.set()
    for thread in threads:
        thread.join()
    assert answers == ["answer"] * 5
    assert calls == [1]
    assert queue.ask("key", work, no_wait) == "answer"
    assert calls == [1]


def test_no_more_than_the_workers_run_at_once():
    queue, lock, running, most, both = Queue(workers=2), threading.Lock(), [0], [0], threading.Barrier(2)

    def work(progress):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        both.wait(30)  # two at a time, or never
        with lock:
            running[0] -= 1

    threads = [threading.Thread(target=queue.ask, args=(index, work, no_wait)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2


def test_who_waits_is_told_for_how_many_and_how_far():
    queue, release, begun = Queue(workers=1), threading.Event(), threading.Event()
    half_way, in_line = threading.Event(), threading.Event()

    def slow(progress):
        progress(1, 4)
        begun.set()
        release.wait(30)

    def how_far(text, share):
        if share == 0.25:
            half_way.set()

    def how_many(text, share):
        if text == "Waiting for 1 other to finish.":
            in_line.set()

    first = threading.Thread(target=queue.ask, args=("slow", slow, how_far))
    first.start()
    assert begun.wait(30)
    second = threading.Thread(target=queue.ask, args=("next", lambda _: 1, how_many))
    second.start()
    assert half_way.wait(30)
    assert in_line.wait(30)
    release.set()
    first.join()
    second.join()


def test_an_error_reaches_the_asker_and_is_not_kept():
    queue, calls = Queue(workers=1), []

    def work(progress):
        calls.append(1)
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            queue.ask("key", work, no_wait)
    assert calls == [1, 1]


def test_old_results_make_room_by_their_bytes():
    queue, calls = Queue(workers=1, keep=100_000), []

    def work(size):
        return lambda _: calls.append(size) or {"pixels": np.zeros(size, np.uint8)}

    for key, size in (("a", 40_000), ("b", 40_000), ("a", 40_000), ("c", 40_000), ("a", 40_000)):
        queue.ask(key, work(size), no_wait)
    assert len(calls) == 3, "the one asked for again stays, the other leaves"
    queue.ask("b", work(40_000), no_wait)
    assert len(calls) == 4
    for _ in range(2):
        queue.ask("large", work(200_000), no_wait)
    assert calls.count(200_000) == 1, "the newest stays, however large"


def test_what_a_result_holds_is_counted_once():
    array = np.zeros((10, 10), np.float32)
    assert held_bytes({"one": array, "again": [array, (array,)], "text": "four", "tensor": torch.zeros(3)}) == 416
    assert held_bytes(Job(Future())) == 0
    assert held_bytes(None) == 0


def test_the_numbers_of_a_trace_are_counted():
    @dataclass
    class Trace:
        losses: np.ndarray
        names: list[str]

    assert held_bytes([Trace(np.zeros(5), ["ce", "dlr"])]) == 45


def test_like_works_that_are_asked_for_at_once_are_computed_at_once():
    sizes = []

    def work(items, progress):
        sizes.append(len(items))
        return items

    queue = Queue(workers=2)
    found = queue.ask_all([(each, Batched("alike", each, work, 8)) for each in range(5)], no_wait)
    assert found == [0, 1, 2, 3, 4]
    assert sizes == [5]


def test_a_caller_is_idle_only_while_it_waits():
    told = []

    @contextmanager
    def idle():
        told.append("idle")
        yield
        told.append("back")

    queue, go_on = Queue(idle=idle), threading.Event()
    threading.Timer(0.05, go_on.set).start()
    assert queue.ask("slow", lambda progress: go_on.wait(30), no_wait)
    assert told == ["idle", "back"]
    assert queue.ask("slow", lambda progress: None, no_wait)
    assert told == ["idle", "back"]
