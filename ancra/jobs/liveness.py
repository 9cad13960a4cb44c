"""Is the process that works on a run still there? A pid alone does not tell: pids are used again."""

import socket

import psutil


def host_name() -> str:
    """This machine's name."""
    return socket.gethostname()


def process_token(pid: int) -> str:
    """What tells a process from a later one of the same pid: when it began, in hundredths of a second.

    Empty when it is gone; a zombie (ended, not yet reaped by its parent) counts as gone.
    """
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return ""
        # Linux counts from the boot: as a time of day, the beginning would move whenever the clock is set.
        origin = psutil.boot_time() if psutil.LINUX else 0.0
        return str(round((process.create_time() - origin) * 100))
    except psutil.Error:
        return ""


def is_alive(pid: int | None, token: str) -> bool:
    """Whether the very process that was given this token still runs on this machine."""
    began = token.rpartition(":")[2]  # tokens of version 0.1 have the boot's name in front
    return bool(pid and began) and process_token(pid or 0) == began
