"""Evaluations as work of their own: handed over from a page, followed through a status file, stopped by a signal."""

import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import time

from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.jobs.detached import start_detached
from ancra.jobs.ending import ending_written
from ancra.jobs.heartbeat import beating
from ancra.jobs.signals import ended_by_signals
from ancra.jobs.status import ShareStatus, read_status, write_status
from ancra.paths import workspace
from ancra.settings import Record, parse
from ancra.store import Store
from ancra.structured import read_json

WRITE_EVERY = 0.5  # seconds


class Asked(Record):
    """What is to be evaluated, as the page has asked for it."""

    path: Path
    parts: tuple[str, ...]


class EvaluationJob:
    """The evaluation of one checkpoint: a folder in the workspace, named by the checkpoint's digest.

    Attributes:
        asked_file: what was asked for. launch_file: by which launcher. output_file: what its process prints.
    """

    def __init__(self, digest: str) -> None:
        self.folder = workspace() / "evaluations" / digest
        self.digest = digest
        self.asked_file = self.folder / "asked.json"
        self.launch_file = self.folder / "launch.json"
        self.output_file = self.folder / "output.txt"

    @property
    def name(self) -> str:
        """What people call it."""
        return "This evaluation"

    @property
    def doing(self) -> str:
        """What happens to it, in words."""
        return "going on"

    @property
    def begun(self) -> bool:
        """Whether it was ever asked for."""
        return read_status(ShareStatus, self.folder / "status.json") is not None

    @property
    def command(self) -> list[str]:
        """What makes the results that are missing. Raises AncraError: nothing was asked for."""
        asked = self._asked()
        return [sys.executable, "-m", "ancra", "results", str(asked.path), "--parts", ",".join(asked.parts), "--report"]

    @property
    def device(self) -> str:
        """Where it computes: the GPU that it is given, else the CPU."""
        return "auto"

    def status(self) -> ShareStatus:
        """Where it stands, seen from here (``lost`` when its process is gone)."""
        return self.written_status().seen_from_here()

    def written_status(self) -> ShareStatus:
        """Where it stands as it is written; ``cancelled`` for one that was never asked for."""
        return read_status(ShareStatus, self.folder / "status.json") or ShareStatus(state="cancelled")

    def write_status(self, status: ShareStatus) -> None:
        """Replace the status. Raises OSError."""
        write_status(self.folder / "status.json", status)

    def ask(self, path: Path, parts: tuple[str, ...]) -> None:
        """Note what is to be evaluated, for a launcher. Raises AncraError: it goes on already, or cannot be written."""
        if self.status().active:
            raise AncraError("This model is being evaluated already.")
        text = Asked(path=path.absolute(), parts=parts).model_dump_json(indent=1)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.launch_file.unlink(missing_ok=True)
            replace_file(self.asked_file, lambda file: file.write(text.encode()))
            now = time()
            self.write_status(ShareStatus(state="cancelled", created=now, started=now))
        except OSError as error:
            raise AncraError(f"The evaluation cannot be started: {error.strerror}.") from None

    def start(self, path: Path, parts: tuple[str, ...]) -> None:
        """Start a process of this machine at once; it outlives whoever started it. Raises AncraError as ``ask``."""
        self.ask(path, parts)
        try:
            pid = start_detached(self.command, self.output_file)
            self.write_status(self.written_status().working("queued", pid))
        except OSError as error:
            raise AncraError(f"The evaluation cannot be started: {error.strerror}.") from None

    def work(self) -> None:
        """Make what was asked for, in this process. Raises AncraError, and what ``carry_out`` raises."""
        from ancra.device import limit_threads

        limit_threads()
        asked = self._asked()
        self.carry_out(asked.path, Store(), asked.parts)

    def carry_out(self, path: Path, store: Store, parts: tuple[str, ...], device: str = "auto") -> None:
        """Make the results in this process and write the status. Raises what went wrong, after writing it down."""
        now, lock = time(), Lock()
        status = ShareStatus(created=now, started=now, updated=now).working()
        self.write_status(status)

        def write() -> None:
            with lock:
                self.write_status(status)

        def report(text: str, share: float, left: float | None) -> None:
            nonlocal status
            due = time() - status.updated > WRITE_EVERY or text != status.message
            changes = {"message": text, "share": min(share, 1.0), "remaining": left}
            status = status.model_copy(update=changes | ({"updated": time()} if due else {}))
            if due:
                with suppress(OSError):
                    write()

        stopped = "Stopped; what was finished is kept."
        with (
            ending_written(lambda: status, self.write_status, stopped, message="", share=1.0),
            beating(write),
            ended_by_signals(),
        ):
            from ancra.reports.results import make_results

            make_results(path, store, parts, device, report)

    def _asked(self) -> Asked:
        return parse(Asked, read_json(self.asked_file), source=str(self.asked_file))
