"""A sweep on disk: its plan, a run's folder for every cell, its status, and its outcome once there is one."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ancra import limits
from ancra.checkpoints import read_card
from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.jobs.status import RunStatus, ShareStatus, read_status, write_status
from ancra.paths import sweeps_folder
from ancra.runs.run import Run
from ancra.settings import read_yaml, yaml_text
from ancra.sweeps.outcome import CURVES, CellResult, Outcome
from ancra.sweeps.plan import Cell, SweepPlan


@dataclass(frozen=True)
class CellState:
    """A cell as it stands now. ``status`` is None where its run has not been made yet."""

    cell: Cell
    run: Run
    status: RunStatus | None

    @property
    def finished(self) -> bool:
        """Whether its model is trained and tested."""
        return self.status is not None and self.status.state == "finished"

    @property
    def active(self) -> bool:
        """Whether a process works on it or is about to."""
        return self.status is not None and self.status.active


class Sweep:
    """A sweep's folder: plan.yaml, status.json, runs/ with a run's folder a cell, outcome.json and table.csv."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path, plan: SweepPlan) -> "Sweep":
        """Make a sweep's folder, or open the one that holds the same plan.

        Raises:
            AncraError: the folder holds another plan, cannot be written, or a combination makes no recipe that works.
        """
        sweep = cls(folder)
        from ancra.training.check import check_names

        if plan.size > limits.SWEEP_RUNS:
            raise AncraError(f"{plan.size:,} runs are more than a sweep may have ({limits.SWEEP_RUNS:,}): vary less.")
        for cell in plan.cells():  # what does not fit together must be said before the first run
            check_names(cell.recipe)
        if sweep.plan_file.exists():
            if sweep.plan != plan:
                raise AncraError(f"{folder} holds another sweep of this name: choose another name, or remove it.")
            return sweep
        try:
            replace_file(sweep.plan_file, lambda file: file.write(yaml_text(plan).encode()))
        except OSError as error:
            raise AncraError(f"The sweep's folder {folder} cannot be written: {error.strerror}.") from None
        return sweep

    @classmethod
    def open(cls, folder: Path) -> "Sweep":
        """An existing sweep. Raises AncraError when the folder holds none."""
        sweep = cls(folder)
        if not sweep.plan_file.is_file():
            raise AncraError(f"{folder} holds no sweep: it has no plan.yaml.")
        return sweep

    @property
    def name(self) -> str:
        """The folder's name, by which people and pages refer to the sweep."""
        return self.folder.name

    @property
    def plan_file(self) -> Path:
        """The plan as it was started."""
        return self.folder / "plan.yaml"

    @property
    def outcome_file(self) -> Path:
        """What was found so far, or in the end."""
        return self.folder / "outcome.json"

    @cached_property
    def plan(self) -> SweepPlan:
        """What is trained. Raises AncraError when the file was damaged."""
        return read_yaml(SweepPlan, self.plan_file)

    @cached_property
    def cells(self) -> list[Cell]:
        """Every cell of the plan, in the order in which they are trained."""
        return list(self.plan.cells())

    def run(self, cell: Cell) -> Run:
        """The run of a cell, whether its folder is there or not."""
        return Run(self.folder / "runs" / cell.name)

    def states(self) -> list[CellState]:
        """Every cell as seen from this machine now."""
        return [self.state(cell) for cell in self.cells]

    def state(self, cell: Cell) -> CellState:
        """One cell as seen from this machine now."""
        run = self.run(cell)
        return CellState(cell, run, run.status() if run.recipe_file.exists() else None)

    def status(self) -> ShareStatus | None:
        """Where the whole stands; None for a sweep that was never started."""
        status = read_status(ShareStatus, self.folder / "status.json")
        return status.seen_from_here() if status else None

    def write_status(self, status: ShareStatus) -> None:
        """Replace the status. Raises OSError."""
        write_status(self.folder / "status.json", status)

    def outcome(self) -> Outcome:
        """What the finished cells found. Cells that are not finished are left out."""
        finished = (state for state in self.states() if state.finished)
        results = tuple(result for state in finished if (result := _result(state)) is not None)
        return Outcome(plan=self.plan, results=results)


def list_sweeps(folder: Path | None = None) -> list[Sweep]:
    """All sweeps of the workspace (or of ``folder``), the last changed first."""
    root = folder or sweeps_folder()
    found = [Sweep(path.parent) for path in root.glob("*/plan.yaml")] if root.is_dir() else []
    return sorted(found, key=lambda sweep: sweep.plan_file.stat().st_mtime, reverse=True)


def _result(state: CellState) -> CellResult | None:
    try:
        card = read_card(state.run.final_checkpoint)
    except AncraError:
        return None  # its run says finished, but its model is gone
    # Somebody may have evaluated it again, on fewer images or by fewer attacks.
    tested = max(card.evaluation, key=lambda row: (row["samples"], len(row["intervals"])), default={})
    rows = state.run.metrics()
    return CellResult(
        cell=state.cell.name,
        values=state.cell.values,
        seed=state.cell.seed,
        accuracies={name: tested[name] for name in tested.get("intervals", {})},
        samples=tested.get("samples", 0),
        losses={name: value for name, value in (rows[-1] if rows else {}).items() if name.startswith("loss")},
        curves={name: [round(row[name], 5) for row in rows if name in row] for name in CURVES},
        seconds=round(sum(row.get("seconds", 0.0) for row in rows), 1),
        digest=card.digest,
    )
