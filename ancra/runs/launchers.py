"""Starting and stopping runs as processes of their own."""

import os
import signal
import subprocess
import sys
from threading import Thread
from typing import Protocol

from ancra.errors import AncraError
from ancra.paths import ROOT
from ancra.runs.processes import host_name, process_token
from ancra.runs.run import Run
from ancra.runs.status import RunStatus


class Launcher(Protocol):
    """Has a run trained somewhere: every launcher runs the same command on the same folder."""

    def submit(self, run: Run) -> None:
        """Start the run, or go on with it. Raises AncraError."""

    def cancel(self, run: Run) -> None:
        """End the run so that it can be resumed. Raises AncraError."""


def command(run: Run) -> list[str]:
    """The command that trains a run, from the start or from its last whole epoch."""
    return [sys.executable, "-m", "ancra", "train", str(run.recipe_file), "--out", str(run.folder), "--resume"]


class LocalLauncher:
    """Starts runs as processes of this machine that outlive whoever started them."""

    def submit(self, run: Run) -> None:
        """Start the run, or go on with it. Raises AncraError when it is being trained or cannot be started."""
        before = run.status()
        if before.active and before.pid is not None:
            raise AncraError(f"{run.name} is being trained already.")
        try:
            run.write_status(before.model_copy(update={"state": "queued", "message": "", "pid": None, "token": ""}))
            with run.output_file.open("ab") as output:
                process = subprocess.Popen(
                    command(run),
                    cwd=ROOT,
                    env={"OMP_WAIT_POLICY": "PASSIVE", **os.environ},  # threads that wait must not spin
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError as error:
            raise AncraError(f"{run.name} cannot be started: {error.strerror}.") from None
        _note_process(run, process.pid)
        # Somebody has to wait for the process, or it stays as a zombie once it has ended.
        Thread(target=process.wait, name=f"wait for {run.name}", daemon=True).start()

    def cancel(self, run: Run) -> None:
        """Send SIGTERM; the run writes its ending itself. Raises AncraError for a run of another machine."""
        status = run.status()
        if not status.active:
            return
        if status.host and status.host != host_name():
            raise AncraError(f"{run.name} runs on {status.host}: stop it there.")
        if status.pid is not None:
            try:
                os.kill(status.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
            except PermissionError:
                raise AncraError(f"{run.name} belongs to another user, who must stop it.") from None
        if run.written_status().state == "queued":
            run.write_status(status.model_copy(update={"state": "cancelled", "pid": None, "token": ""}))


def _note_process(run: Run, pid: int) -> None:
    """Let a run whose process dies before it has written anything show as lost, not as queued for ever."""
    written: RunStatus = run.written_status()
    if written.state == "queued":
        changes = {"pid": pid, "token": process_token(pid), "host": host_name()}
        run.write_status(written.model_copy(update=changes))
