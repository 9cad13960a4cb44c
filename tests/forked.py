"""Work in a process forked from this one, which has loaded all and computed nothing: a kill hits the work alone."""

import os
import resource
import signal
import sys
from collections.abc import Callable

import torch

from ancra.errors import AncraError


def forked(work: Callable[[], object], room: int | None = None) -> int:
    """Start the work in a process of its own, whose files may have ``room`` bytes at most.

    Returns:
        Its id; it exits with 0, with 2 after an AncraError, and with 1 after anything else.
    """
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        torch.set_num_threads(1)
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        if room is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write fails then, as on a full disk
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        work()
        code = 0
    except AncraError:
        code = 2
    finally:
        os._exit(code)
