"""Processes that outlive whoever started them: a page, a server, a terminal."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

from ancra.errors import AncraError
from ancra.jobs.liveness import host_name
from ancra.jobs.status import JobStatus
from ancra.paths import ROOT, workspace


def environment() -> dict[str, str]:
    """What a process must be told, wherever it runs: where the data are, and that waiting threads not spin."""
    policy = os.environ.get("OMP_WAIT_POLICY", "PASSIVE")
    return {"ANCRA_HOME": str(workspace().absolute()), "OMP_WAIT_POLICY": policy}


def start_detached(command: Sequence[str], output: Path, add: bool = False, keep: Sequence[int] = ()) -> int:
    """Start a process of this machine that nobody needs to wait for.

    Args:
        output: the file for what it prints. add: behind what is there already.
        keep: open file descriptors that it inherits.

    Returns:
        Its process id.

    Raises:
        OSError: it cannot be started, or the file cannot be written.
    """
    with output.open("ab" if add else "wb") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment()},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            pass_fds=list(keep),
        )
    # Somebody has to wait for the process, or it stays as a zombie once it has ended.
    Thread(target=process.wait, name=f"wait for {process.pid}", daemon=True).start()
    return process.pid


def end_detached(status: JobStatus, name: str) -> None:
    """Send SIGTERM to the process of a status; nothing happens when it is gone.

    Raises:
        AncraError: it is a process of another machine or user.
    """
    if status.host and status.host != host_name():
        raise AncraError(f"{name} runs on {status.host}: stop it there.")
    if status.pid is None:
        return
    try:
        with suppress(ProcessLookupError):
            os.kill(status.pid, signal.SIGTERM)
    except PermissionError:
        raise AncraError(f"{name} belongs to another user, who must stop it.") from None
