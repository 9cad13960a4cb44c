"""Signs of life: without them, what works on another machine counts as gone after a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from ancra.jobs.status import HEARTBEAT


@contextmanager
def beating(write: Callable[[], None]) -> Iterator[None]:
    """Have ``write`` called again and again inside the ``with``, by another thread; its OSError does no harm."""
    end = Event()

    def beat() -> None:
        while not end.wait(HEARTBEAT):
            with suppress(OSError):
                write()

    thread = Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
