"""How a process that keeps a status says how its work came to an end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ancra.errors import AncraError
from ancra.jobs.signals import RunCancelled
from ancra.jobs.status import RunStatus


@contextmanager
def ending_written(
    status: Callable[[], RunStatus], write: Callable[[RunStatus], None], stopped: str, **finished: Any
) -> Iterator[None]:
    """Write the status once more at the end of the ``with``, with what the end was; what was raised goes on.

    Args:
        status: gives the status as it stands then.
        write: may raise OSError; without a written ending the work shows as lost.
        stopped: the message after a signal.
        finished: what else to change when nothing was raised.
    """
    ending: dict[str, Any] = {"state": "failed"}
    try:
        yield
        ending = {"state": "finished", **finished}
    except RunCancelled:
        ending = {"state": "cancelled", "message": stopped}
        raise
    except AncraError as error:
        ending["message"] = str(error)
        raise
    except BaseException as error:
        ending["message"] = f"Unexpected {type(error).__name__}: {error}".strip()
        raise
    finally:
        with suppress(OSError):
            write(status().model_copy(update={"pid": None, "token": "", "remaining": None, **ending}))
