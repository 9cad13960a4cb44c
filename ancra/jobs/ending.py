"""How a job's work comes to an end: what its status says then, and waiting for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import Any

from ancra.errors import AncraError
from ancra.jobs.signals import RunCancelled
from ancra.jobs.status import JobStatus, S

LOOK = 0.1  # seconds between two looks at a job that is about to end


@contextmanager
def ending_written(
    status: Callable[[], S], write: Callable[[S], None], stopped: str, **finished: Any
) -> Iterator[None]:
    """Write the status once more at the end of the ``with``, with what the end was; what was raised goes on.

    Args:
        status: gives the status as it stands then.
        write: may raise OSError; without a written ending the work shows as lost, which can be resumed just the same.
        stopped: the message after a signal, whose name stands in place of ``{signal}``.
        finished: what else to change when nothing was raised.
    """
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            write(ended_by(error, status(), stopped))
        raise
    with suppress(OSError):
        write(status().ended("finished", **finished))


def ended_by(error: BaseException, status: S, stopped: str) -> S:
    """The status after what was raised: ``cancelled`` by a signal, else ``failed`` with the reason."""
    if isinstance(error, RunCancelled):
        return status.ended("cancelled", message=stopped.format(signal=error))
    known = isinstance(error, AncraError)
    return status.ended(
        "failed", message=str(error) if known else f"Unexpected {type(error).__name__}: {error}".strip()
    )


def wait_until_idle(status: Callable[[], JobStatus | None], seconds: float) -> None:
    """Give a job that was told to stop a while to write down its end; returns at once when it has none to write.

    Args:
        status: asked ten times a second.
        seconds: how long at most.
    """
    end = monotonic() + seconds
    while (found := status()) is not None and found.active and monotonic() < end:
        sleep(LOOK)
