"""Evaluations as processes of their own: started from a page, followed through a status file, stopped by a signal."""

import sys
from contextlib import suppress
from pathlib import Path
from time import time

from ancra.errors import AncraError
from ancra.jobs.detached import end_detached, start_detached
from ancra.jobs.ending import ending_written
from ancra.jobs.signals import ended_by_signals
from ancra.jobs.status import ShareStatus, read_status, write_status
from ancra.paths import workspace
from ancra.store import Store

WRITE_EVERY = 0.5  # seconds


class EvaluationJob:
    """The evaluation of one checkpoint: a folder in the workspace, named by the checkpoint's digest."""

    def __init__(self, digest: str) -> None:
        self.folder = workspace() / "evaluations" / digest
        self.digest = digest

    def status(self) -> ShareStatus | None:
        """Where it stands, seen from here (``lost`` when its process is gone); None when there was none."""
        status = read_status(ShareStatus, self.folder / "status.json")
        return status.seen_from_here() if status else None

    def write(self, status: ShareStatus) -> None:
        """Replace the status. Raises OSError."""
        write_status(self.folder / "status.json", status)

    def start(self, path: Path, parts: tuple[str, ...]) -> None:
        """Start the process; it outlives whoever started it. Raises AncraError when it runs or cannot be started."""
        before = self.status()
        if before is not None and before.active:
            raise AncraError("This model is being evaluated already.")
        command = [sys.executable, "-m", "ancra", "results", str(path), "--parts", ",".join(parts), "--report"]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.write(_begun().working("queued", start_detached(command, self.folder / "output.txt")))
        except OSError as error:
            raise AncraError(f"The evaluation cannot be started: {error.strerror}.") from None

    def stop(self) -> None:
        """Send SIGTERM; what is stored stays. Raises AncraError for a process of another machine or user."""
        status = self.status()
        if status is not None and status.active:
            end_detached(status, "This evaluation")

    def carry_out(self, path: Path, store: Store, parts: tuple[str, ...], device: str = "auto") -> None:
        """Make the results in this process and write the status. Raises what went wrong, after writing it down."""
        status = _begun().working()
        self.write(status)

        def report(text: str, share: float, left: float | None) -> None:
            nonlocal status
            changes = {"message": text, "share": min(share, 1.0), "remaining": left}
            new = status.model_copy(update=changes)
            if time() - status.updated > WRITE_EVERY or text != status.message:
                status = new.model_copy(update={"updated": time()})
                with suppress(OSError):
                    self.write(status)

        stopped = "Stopped; what was finished is kept."
        with ending_written(lambda: status, self.write, stopped, message="", share=1.0), ended_by_signals():
            from ancra.reports.results import make_results

            make_results(path, store, parts, device, report)


def _begun() -> ShareStatus:
    now = time()
    return ShareStatus(created=now, started=now, updated=now)
