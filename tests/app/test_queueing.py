import threading
import time

import pytest

from app.queueing import Queue


def no_wait(text, share):
    pass


def test_the_same_thing_is_computed_once_for_everybody():
    queue, calls, answers = Queue(workers=2), [], []

    def work(progress):
        calls.append(1)
        time.sleep(0.2)
        return "answer"

    threads = [threading.Thread(target=lambda: answers.append(queue.ask("key", work, no_wait))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["answer"] * 5
    assert calls == [1]
    assert queue.ask("key", work, no_wait) == "answer"
    assert calls == [1]


def test_no_more_than_the_workers_run_at_once():
    queue, lock, running, most = Queue(workers=2), threading.Lock(), [0], [0]

    def work(progress):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.05)
        with lock:
            running[0] -= 1

    threads = [threading.Thread(target=queue.ask, args=(index, work, no_wait)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2


def test_who_waits_is_told_for_how_many_and_how_far():
    queue, texts, shares, release = Queue(workers=1), [], [], threading.Event()

    def slow(progress):
        progress(1, 4)
        release.wait(5)

    first = threading.Thread(target=queue.ask, args=("slow", slow, lambda text, share: shares.append(share)))
    first.start()
    time.sleep(0.1)
    second = threading.Thread(target=queue.ask, args=("next", lambda _: 1, lambda text, share: texts.append(text)))
    second.start()
    time.sleep(0.8)
    release.set()
    first.join()
    second.join()
    assert "Waiting for 1 other to finish." in texts
    assert 0.25 in shares


def test_an_error_reaches_the_asker_and_is_not_kept():
    queue, calls = Queue(workers=1), []

    def work(progress):
        calls.append(1)
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            queue.ask("key", work, no_wait)
    assert calls == [1, 1]


def test_old_results_make_room():
    queue, calls = Queue(workers=1, keep=1), []
    for key in ("a", "b", "a"):
        queue.ask(key, lambda _: calls.append(1), no_wait)
    assert len(calls) == 3
