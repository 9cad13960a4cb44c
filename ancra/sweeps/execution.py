"""Carrying out a sweep: as many cells at a time as the launcher has slots, until all are done."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ancra.errors import AncraError
from ancra.files import locked
from ancra.jobs.ending import ending_written
from ancra.jobs.launch import read_launch
from ancra.jobs.signals import RunCancelled, ended_by_signals
from ancra.jobs.status import ShareStatus
from ancra.launchers.registry import Launcher, launcher_of
from ancra.origin import versions
from ancra.runs.run import Run
from ancra.sweeps.files import write_outcome
from ancra.sweeps.outcome import Outcome
from ancra.sweeps.plan import Cell
from ancra.sweeps.sweep import CellState, Sweep

POLL = 1.0  # seconds between two looks at the cells
OnCell = Callable[[CellState, int, int], None]


def carry_out(sweep: Sweep, launcher: Launcher, command: str = "", on_cell: OnCell | None = None) -> Outcome:
    """Train and test every cell that is not finished. A cell that fails is shown, and the others go on.

    Cells that were stopped go on from their last whole epoch; cells that failed in an earlier attempt are tried again.

    Args:
        command: what a person typed, kept in the outcome.
        on_cell: called with (a cell that has come to an end, cells that have ended, cells in all).

    Raises:
        AncraError: another process carries it out; every cell failed; a cell cannot be submitted.
        RunCancelled: it was stopped, and so were its runs; the same command goes on.
    """
    with locked(sweep.folder / ".lock", f"{sweep.name} is being carried out already."), _status_of(sweep) as report:
        try:
            with ended_by_signals():
                failed = _run_all(sweep, launcher, on_cell, report)
        except RunCancelled:
            for state in sweep.states():
                if state.active:
                    launcher_of(state.run).cancel(state.run)
            raise
        outcome = sweep.outcome().model_copy(update={"command": command, "versions": versions()})
        write_outcome(outcome, sweep.folder)
        if len(failed) == len(sweep.cells):
            raise AncraError(f"Every run of {sweep.name} failed; the first says: {failed[0]}")
        return outcome


def _run_all(sweep: Sweep, launcher: Launcher, on_cell: OnCell | None, report: "_Report") -> list[str]:
    """Returns what the failed cells say."""
    waiting = [cell for cell in sweep.cells if not sweep.state(cell).finished]
    ended = len(sweep.cells) - len(waiting)
    working: list[Cell] = []
    failed: list[str] = []
    most = launcher.capacity()
    report(ended)
    while waiting or working:
        while waiting and (most is None or len(working) < most):
            cell = waiting.pop(0)
            state = sweep.state(cell)
            if not _at_work(state):  # one that outlived an earlier driver is only watched
                launcher.submit(state.run if state.status else Run.create(state.run.folder, cell.recipe))
            working.append(cell)
        time.sleep(POLL)
        for cell in list(working):
            state = sweep.state(cell)
            if _at_work(state):
                continue
            working.remove(cell)
            ended += 1
            if not state.finished:
                failed.append(f"{cell.name}: {state.status.message if state.status else 'its folder is gone.'}")
            if on_cell:
                on_cell(state, ended, len(sweep.cells))
        report(ended, _said(failed))
    return failed


def _said(failed: list[str]) -> str:
    return "" if not failed else "1 run failed." if len(failed) == 1 else f"{len(failed)} runs failed."


def _at_work(state: CellState) -> bool:
    """Whether a process trains the cell, or an engine will."""
    if not state.active or not launcher_of(state.run).status(state.run).active:
        return False
    assert state.status is not None
    return state.status.pid is not None or bool(read_launch(state.run).job)


_Report = Callable[..., None]


@contextmanager
def _status_of(sweep: Sweep) -> Iterator[_Report]:
    """Keeps the sweep's status up to date; gives a function to be told (cells ended, a message)."""
    before, cells = sweep.status(), len(sweep.cells)
    status = ShareStatus(created=before.created if before else time.time(), started=time.time()).working()
    begun: int | None = None

    def report(ended: int, message: str = "") -> None:
        nonlocal status, begun
        begun = ended if begun is None else begun
        done, spent = ended - begun, time.time() - (status.started or 0)
        left = spent / done * (cells - ended) if done else None
        status = status.model_copy(update={"share": ended / cells, "message": message, "remaining": left})
        with suppress(OSError):
            sweep.write_status(status)

    report(0)
    with ending_written(lambda: status, sweep.write_status, "Stopped; the same command goes on."):
        yield report
