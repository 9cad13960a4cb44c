"""Pages draw a few at a time: more threads than that only wait for one another, and keep the server from answering."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

AT_ONCE = 4
LONGEST = 2.0
"""Seconds that a page waits to go on: what it holds may be what those who draw are waiting for."""


class Turns:
    """A bound on the threads that draw. Python runs one of them at a time, and each switch costs milliseconds.

    Args:
        at_once: how many may draw.
        longest: seconds until one that has waited for something goes on in any case.
    """

    def __init__(self, at_once: int = AT_ONCE, longest: float = LONGEST) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._longest = longest
        self._mine = threading.local()

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Wait for a turn, first come first served, and have it until the end of the block."""
        self._mine.turn = self._free.acquire()
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let another one draw while this thread waits for something; one without a turn has none to give.

        Who leaves by an exception has little left to draw, and does not wait for a turn again.
        """
        had = self._give()
        yield
        if had:
            self._mine.turn = self._free.acquire(timeout=self._longest)

    def _give(self) -> bool:
        had = getattr(self._mine, "turn", False)
        self._mine.turn = False
        if had:
            self._free.release()
        return had


@st.cache_resource(show_spinner=False)
def turns() -> Turns:
    """Those that all sessions share."""
    return Turns()
