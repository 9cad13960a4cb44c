"""Pages draw a few at a time, and one that waits lets others draw."""

import threading

import pytest

from app.turns import Turns

SOON = 30


def test_no_more_draw_at_once_than_there_are_turns():
    turns, inside, most = Turns(at_once=2), 0, 0
    lock, full, go_on = threading.Lock(), threading.Barrier(3), threading.Event()

    def draw(number):
        nonlocal inside, most
        with turns.drawing():
            with lock:
                inside += 1
                most = max(most, inside)
            if number < 2:
                full.wait(SOON)
                go_on.wait(SOON)
            with lock:
                inside -= 1

    first = [threading.Thread(target=draw, args=(number,)) for number in range(2)]
    for each in first:
        each.start()
    full.wait(SOON)
    later = [threading.Thread(target=draw, args=(number,)) for number in range(2, 6)]
    for each in later:
        each.start()
    go_on.set()
    for each in (*first, *later):
        each.join(SOON)
    assert most == 2
    assert inside == 0


def test_one_that_waits_lets_another_draw_and_goes_on_after_it():
    turns, drawn = Turns(at_once=1), threading.Event()

    def other():
        with turns.drawing():
            drawn.set()

    with turns.drawing():
        thread = threading.Thread(target=other)
        thread.start()
        with turns.waiting():
            assert drawn.wait(SOON)
        thread.join(SOON)
    with turns.drawing():
        pass


def test_one_that_others_wait_for_goes_on_without_a_turn():
    turns, mine, theirs = Turns(at_once=1, longest=0.01), threading.Event(), threading.Event()

    def other():
        with turns.drawing():
            theirs.set()
            mine.wait(SOON)

    thread = threading.Thread(target=other)
    with turns.drawing():
        thread.start()
        with turns.waiting():
            assert theirs.wait(SOON)
        mine.set()
    thread.join(SOON)
    with turns.drawing():
        pass


def test_who_gives_up_waiting_does_not_wait_for_a_turn():
    turns, theirs, mine = Turns(at_once=1, longest=SOON), threading.Event(), threading.Event()

    def other():
        with turns.drawing():
            theirs.set()
            assert mine.wait(SOON)

    thread = threading.Thread(target=other)
    with turns.drawing(), pytest.raises(KeyError):  # noqa: PT012
        thread.start()
        with turns.waiting():
            assert theirs.wait(SOON)
            raise KeyError
    mine.set()
    thread.join(SOON)
    with turns.drawing():
        pass


def test_a_thread_without_a_turn_has_none_to_give():
    turns = Turns(at_once=1)
    with turns.waiting(), turns.drawing():
        pass
