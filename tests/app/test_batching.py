"""Requests that wait at the same time are computed together, each with the answer that it would have alone."""

import threading

import pytest

from ancra.errors import AncraError
from app.queueing import Queue
from app.work import Batched


def no_wait(text, share):
    pass


class Gate:
    """A queue of one worker that is busy until it is let go, and what it did in one go."""

    def __init__(self, **options):
        self.queue, self.goes, self._free, begun = Queue(workers=1, **options), [], threading.Event(), threading.Event()

        def busy(progress):
            begun.set()
            self._free.wait(30)

        self.first = self.queue.begin("busy", busy)
        assert begun.wait(30)

    def doubled(self, item, like="like", most=32):
        def work(items, progress):
            self.goes.append(list(items))
            progress(1, 2)
            if "bad" in items:
                raise ValueError("bad")
            return [2 * each for each in items]

        return Batched(like, item, work, most)

    def let_go(self):
        self._free.set()
        self.first.future.result(timeout=30)


class LeavesError(Exception):
    pass


def ask_and_leave(queue, key, work):
    def leave(text, share):
        raise LeavesError

    with pytest.raises(LeavesError):
        queue.ask(key, work, leave)


def test_like_requests_run_in_one_go_and_each_gets_its_own_answer():
    gate = Gate()
    jobs = [gate.queue.begin(("double", item), gate.doubled(item)) for item in (1, 2, 3)]
    other = gate.queue.begin(("double", "other"), gate.doubled(4, like="another model"))
    gate.let_go()
    assert [job.future.result(timeout=30) for job in (*jobs, other)] == [2, 4, 6, 8]
    assert gate.goes == [[1, 2, 3], [4]]
    assert all(job.progress.share == 0.5 for job in jobs), "who waits sees how far the whole is"
    assert gate.queue.ask(("double", 2), gate.doubled(2), no_wait) == 4
    assert len(gate.goes) == 2, "each answer is remembered"


def test_no_more_run_in_one_go_than_fit():
    gate = Gate()
    jobs = [gate.queue.begin(item, gate.doubled(item, most=2)) for item in (1, 2, 3)]
    gate.let_go()
    assert [job.future.result(timeout=30) for job in jobs] == [2, 4, 6]
    assert gate.goes == [[1, 2], [3]]


def test_a_bad_request_fails_alone():
    gate = Gate()
    jobs = [gate.queue.begin(item, gate.doubled(item)) for item in (1, "bad", 3)]
    gate.let_go()
    assert [jobs[0].future.result(timeout=30), jobs[2].future.result(timeout=30)] == [2, 6]
    with pytest.raises(ValueError, match="bad"):
        jobs[1].future.result(timeout=30)


def test_what_nobody_waits_for_is_dropped_before_it_starts():
    gate = Gate(most=2)
    ask_and_leave(gate.queue, "left", gate.doubled("left"))
    gate.queue.begin(1, gate.doubled(1))
    with pytest.raises(AncraError, match="waiting already"):
        gate.queue.begin(2, gate.doubled(2))
    gate.let_go()
    assert gate.queue.ask(1, gate.doubled(1), no_wait) == 2
    assert gate.goes == [[1]]


def test_who_comes_back_has_kept_the_place():
    gate, answers = Gate(), []
    ask_and_leave(gate.queue, "first", gate.doubled(1, like="one"))
    second = gate.queue.begin("second", gate.doubled(2, like="two"))
    back = threading.Event()
    again = threading.Thread(
        target=lambda: answers.append(gate.queue.ask("first", gate.doubled(1, like="one"), lambda *_: back.set()))
    )
    again.start()
    assert back.wait(30)
    gate.let_go()
    again.join()
    assert answers == [2]
    assert second.future.result(timeout=30) == 4
    assert gate.goes == [[1], [2]]


def test_several_owners_of_one_go_have_their_next_ones_computed():
    gate = Gate()
    jobs = [gate.queue.begin((owner, item), gate.doubled(item), owner) for item in (1, 2) for owner in "ab"]
    apart = gate.queue.begin("apart", gate.doubled(3, like="another"), "a")
    gate.let_go()
    assert [job.future.result(timeout=30) for job in (*jobs, apart)] == [2, 2, 4, 4, 6]


def test_who_waits_is_told_how_long_by_what_such_things_took():
    gate, told = Gate(), []
    gate.queue._seconds["slow"] = 40.0

    def note(text, share):
        told.append(text)
        raise LeavesError

    gate.queue.begin(("slow", 1), gate.doubled(1, like="one"))
    gate.queue.begin(("slow", 2), gate.doubled(2, like="one"))
    with pytest.raises(LeavesError):
        gate.queue.ask(("slow", 3), gate.doubled(3, like="two"), note)
    gate.let_go()
    assert told == ["Waiting for 3 others to finish, about 80 s."]


def test_what_one_caller_asks_for_together_waits_together_and_is_left_together():
    gate, answers = Gate(), []
    works = [(item, gate.doubled(item)) for item in (1, 2)]
    begun = threading.Event()
    asking = threading.Thread(target=lambda: answers.extend(gate.queue.ask_all(works, lambda *_: begun.set())))
    asking.start()
    assert begun.wait(30)
    gate.let_go()
    asking.join()
    assert answers == [2, 4]
    assert gate.goes == [[1, 2]]

    def leave(text, share):
        raise LeavesError

    other = Gate()
    with pytest.raises(LeavesError):
        other.queue.ask_all([(item, other.doubled(item)) for item in (3, 4)], leave)
    other.let_go()
    assert other.queue.ask(5, other.doubled(5), no_wait) == 10
    assert other.goes == [[5]]
