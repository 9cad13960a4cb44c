"""Training runs: what there is, how far each one is; starting, stopping and deleting them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import streamlit as st

from ancra import limits
from ancra.errors import AncraError
from ancra.jobs.ending import wait_until_idle
from ancra.jobs.launch import read_launch, write_state
from ancra.jobs.slots import queue_position
from ancra.jobs.status import RunStatus
from ancra.launchers.registry import LAUNCHERS, launcher, launcher_of
from ancra.origin import Origin
from ancra.paths import runs_folder
from ancra.recipe import Recipe
from ancra.runs.comparing import Final, comparison_origin, finals, finals_csv
from ancra.runs.extend import extend as add_epochs
from ancra.runs.labels import RunLabels, read_labels, write_labels
from ancra.runs.run import Run, delete_run, list_runs, new_run
from ancra.runs.step_losses import StepLoss, read_step_losses
from ancra.training.best import best_row
from ancra.training.observer import EpochRow
from app.access import changing

LOG_LINES = 200
LAUNCHER_TITLES = {"local": "This machine", "ray": "Ray", "slurm": "Slurm"}


@dataclass(frozen=True)
class RunView:
    """A run as it stands now.

    Attributes:
        rows: one a finished epoch, as metrics.jsonl holds them; not to be changed.
        steps: (epochs done, loss) within the epochs, for a curve that moves.
        labels: what a person calls it and notes about it.
        launcher: what it was last started by.
        position: its place in this machine's line, 1 for the next; None when it does not wait there.
    """

    name: str
    recipe: Recipe
    status: RunStatus
    rows: Sequence[EpochRow]
    steps: Sequence[StepLoss]
    labels: RunLabels
    launcher: str
    position: int | None

    @property
    def title(self) -> str:
        """What it is called, else what it trains."""
        return self.labels.title or self.recipe.title

    @property
    def best(self) -> EpochRow | None:
        """The row of the epoch whose weights the run keeps as its best; None before the first."""
        return best_row(self.rows, self.recipe.validation.metric)

    @property
    def created(self) -> datetime:
        """When it was made, in local time."""
        return datetime.fromtimestamp(self.status.created)


def views() -> dict[str, RunView]:
    """All runs by name, the newest first; a run whose recipe is damaged is left out."""
    found = {}
    for run in list_runs():
        try:
            found[run.name] = _view(run)
        except AncraError:
            continue
    return found


def folder(name: str) -> Path:
    """Where a run lies. Raises AncraError for what is no run's name."""
    if "/" in name or name.startswith("."):
        raise AncraError(f"{name!r} is not a run's name.")
    return runs_folder() / name


def titles() -> dict[str, str]:
    """The title of every run by its name, the newest first."""
    return {name: f"{one.title} · {one.created:%d %b %H:%M:%S}" for name, one in views().items()}


def view(name: str) -> RunView:
    """A run as it stands now. Raises AncraError when it is gone."""
    return _view(_open(name))


def log(name: str) -> str:
    """The last lines of a run's log; today's without the date. Raises AncraError."""
    return _open(name).log_tail(LOG_LINES).replace(f"{date.today()} ", "")


def size(name: str) -> int:
    """Bytes that a run takes on the disk. Raises AncraError."""
    return sum(path.stat().st_size for path in _open(name).folder.rglob("*") if path.is_file())


def launchers() -> Mapping[str, str]:
    """Each launcher with why it cannot be used here; an empty text for one that can."""
    # A page would stand still until a run that is trained in its own process had ended.
    return {name: _why_not(name) for name in LAUNCHERS if name != "debug"}


@st.cache_data(ttl=60, show_spinner=False)
def _why_not(name: str) -> str:
    try:
        launcher(name)
    except AncraError as error:
        return str(error)
    return ""


@changing
def start(recipe: Recipe, by: str = "local") -> str:
    """Start a new run; returns its name. Raises AncraError: nothing is left behind then."""
    engine = launcher(by)
    waiting = sum(run.written_status().active for run in list_runs())
    if waiting >= limits.ACTIVE_RUNS:
        raise AncraError(f"{waiting} runs train or wait already, which is the most: stop one, or wait for one to end.")
    run = new_run(recipe)
    try:
        engine.submit(run)
    except AncraError:
        with suppress(AncraError):
            write_state(run, "cancelled", "")  # nobody works on it, and one that waits is not deleted
            delete_run(run)
        raise
    return run.name


@changing
def resume(name: str) -> None:
    """Go on with a run, where it was trained before. Raises AncraError."""
    run = _open(name)
    launcher_of(run).submit(run)


@changing
def extend(name: str, epochs: int) -> None:
    """Give a run more epochs, so many in all, and go on with it. Raises AncraError."""
    run = _open(name)
    add_epochs(run, epochs)
    launcher_of(run).submit(run)


@changing
def stop(name: str) -> None:
    """End a run so that it can be resumed, and give it a moment to do so. Raises AncraError."""
    run = _open(name)
    launcher_of(run).cancel(run)
    wait_until_idle(run.status, seconds=3)


def origin(names: Sequence[str]) -> Origin:
    """Where a file about these runs is from. Raises AncraError for one that is gone or damaged."""
    return comparison_origin([_open(name) for name in names], "Training runs")


def final_numbers(names: Sequence[str]) -> list[Final]:
    """The runs' accuracies on the test images, each less the first one's. Raises AncraError."""
    return finals([_open(name) for name in names])


def final_file(names: Sequence[str]) -> bytes:
    """The same as a CSV file. Raises AncraError."""
    return finals_csv([_open(name) for name in names])


@changing
def label(name: str, labels: RunLabels) -> None:
    """Note what a person calls a run. Raises AncraError."""
    write_labels(_open(name), labels)


@changing
def delete(name: str) -> None:
    """Remove a run with everything in it. Raises AncraError while it goes on."""
    delete_run(Run(folder(name)))


def _open(name: str) -> Run:
    return Run.open(folder(name))


def _view(run: Run) -> RunView:
    launched = read_launch(run).launcher
    status = run.status()
    if status.active and launched != "local":
        status = _asked(str(run.folder)) or status
    waits = status.state == "queued" and launched == "local"
    return RunView(
        name=run.name,
        recipe=_recipe(str(run.folder), _changed(run.recipe_file)),
        status=status,
        rows=_rows(str(run.folder), _changed(run.metrics_file)),
        steps=_steps(str(run.folder), _changed(run.steps_file)),
        labels=read_labels(run),
        launcher=launched,
        position=queue_position(run.folder) if waits else None,
    )


@st.cache_data(ttl=10, show_spinner=False)
def _asked(folder: str) -> RunStatus | None:
    """What an engine says about a run, or None when it does not answer."""
    try:
        run = Run.open(Path(folder))
        return launcher_of(run).status(run)
    except AncraError:
        return None


@st.cache_resource(max_entries=1000, show_spinner=False)
def _recipe(folder: str, version: tuple[int, int]) -> Recipe:
    return Run(Path(folder)).recipe


@st.cache_resource(max_entries=1000, show_spinner=False)
def _rows(folder: str, version: tuple[int, int]) -> Sequence[EpochRow]:
    return tuple(Run(Path(folder)).metrics())


@st.cache_resource(max_entries=200, show_spinner=False)
def _steps(folder: str, version: tuple[int, int]) -> Sequence[StepLoss]:
    return tuple(read_step_losses(Run(Path(folder))))


def _changed(path: Path) -> tuple[int, int]:
    """What changes when a file does."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size
