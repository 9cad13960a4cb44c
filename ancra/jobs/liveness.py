"""Is the process that works on a run still there? A pid alone does not tell: pids are used again."""

import os
import socket
from pathlib import Path


def host_name() -> str:
    """This machine's name."""
    return socket.gethostname()


def process_token(pid: int) -> str:
    """What tells a process from a later one of the same pid: the boot and its start time. Empty when it is gone.

    A zombie (ended, not yet reaped by its parent) counts as gone. Where the system has no /proc, the token is the pid.
    """
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return ""
        except PermissionError:
            pass
        return str(pid)
    try:
        # The second field is the program's name in brackets, and may itself hold blanks and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    state, start_time = fields[0], fields[19]
    if state in "ZX":
        return ""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    return f"{boot}:{start_time}"


def is_alive(pid: int | None, token: str) -> bool:
    """Whether the very process that was given this token still runs on this machine."""
    return bool(pid and token) and process_token(pid or 0) == token
