"""A sweep as a process of its own: started from a page, followed through its status file, stopped by a signal."""

import sys
from time import time

from ancra.errors import AncraError
from ancra.jobs.detached import end_detached, start_detached
from ancra.jobs.launch import read_launch
from ancra.jobs.status import ShareStatus
from ancra.launchers.registry import launcher_of
from ancra.paths import sweeps_folder
from ancra.sweeps.plan import SweepPlan
from ancra.sweeps.sweep import Sweep


def start(plan: SweepPlan, launcher: str = "local") -> Sweep:
    """Make the sweep's folder in the workspace and carry it out in a process that outlives whoever started it.

    Raises:
        AncraError: a combination makes no recipe, another sweep has this name, or it cannot be started.
    """
    # As the command line does, which would else find another plan in the folder than the one it makes.
    recipe = plan.recipe.rooted()
    plan = plan.with_changes(recipe=recipe.with_changes(test_attacks=recipe.test_attacks or ("worst",)))
    sweep = Sweep.create(sweeps_folder() / plan.name, plan)
    _launch(sweep, launcher)
    return sweep


def go_on(sweep: Sweep) -> None:
    """Carry out what is left, with the launcher that its runs had; failed runs are tried again. Raises AncraError."""
    runs = (sweep.run(cell) for cell in sweep.cells)
    used = next((read_launch(run).launcher for run in runs if run.launch_file.exists()), "local")
    _launch(sweep, used)


def stop(sweep: Sweep) -> None:
    """End the sweep and its runs; what is finished stays. Raises AncraError for one of another machine or user."""
    status = sweep.status()
    if status is None or not status.active or status.pid is None:
        _stop_runs(sweep)  # they outlive a driver that was killed
        return
    end_detached(status, sweep.name)
    if status.state == "queued":  # it cannot write its ending yet
        sweep.write_status(status.ended("cancelled", message="Stopped before its first run."))


def _launch(sweep: Sweep, launcher: str) -> None:
    before = sweep.status()
    if before is not None and before.active:
        raise AncraError(f"{sweep.name} is being carried out already.")
    command = [sys.executable, "-m", "ancra", "sweep", str(sweep.plan_file.absolute()), "--yes", "--launcher", launcher]
    try:
        pid = start_detached(command, sweep.folder / "output.txt")
        known = {"share": before.share, "created": before.created} if before else {"created": time()}
        sweep.write_status(ShareStatus(**known).working("queued", pid))
    except OSError as error:
        raise AncraError(f"{sweep.name} cannot be started: {error.strerror}.") from None


def _stop_runs(sweep: Sweep) -> None:
    for state in sweep.states():
        if state.active:
            launcher_of(state.run).cancel(state.run)
