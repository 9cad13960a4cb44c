"""A run: a folder that holds everything about one training, readable by people, by the CLI and by the app."""

import json
import os
import shutil
import sys
from contextlib import suppress
from datetime import datetime
from errno import ENOENT
from itertools import count
from pathlib import Path
from time import time
from typing import Any

from ancra import limits
from ancra.bin import discard
from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.jobs.status import RunStatus, read_status, write_status
from ancra.paths import runs_folder, workspace
from ancra.recipe import Recipe
from ancra.run_files import RunFiles
from ancra.settings import read_yaml, yaml_text
from ancra.training.observer import EpochRow


class Run(RunFiles):
    """A run's folder: recipe.yaml, status.json, metrics.jsonl, log.txt, checkpoints/, tensorboard/."""

    @classmethod
    def create(cls, folder: Path, recipe: Recipe) -> "Run":
        """Make a new run's folder. Raises AncraError when it cannot be written or holds a run already."""
        run = cls(folder)
        if run.recipe_file.exists():
            raise AncraError(f"{folder} holds a run already: resume it, or choose another folder.")
        try:
            run.checkpoints.mkdir(parents=True, exist_ok=True)
            run.write_status(RunStatus(epochs=recipe.epochs, created=time()))
        except OSError as error:
            raise AncraError(f"The run's folder {folder} cannot be written: {error.strerror}.") from None
        run.write_recipe(recipe)  # It is what makes a folder a run, so it comes last.
        return run

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """An existing run. Raises AncraError when the folder holds none."""
        run = cls(folder)
        if not run.recipe_file.is_file():
            raise AncraError(f"{folder} holds no run: it has no recipe.yaml.")
        return run

    @property
    def name(self) -> str:
        """The folder's name, by which people and pages refer to the run."""
        return self.folder.name

    @property
    def recipe(self) -> Recipe:
        """What is trained. Raises AncraError when the file was damaged."""
        return read_yaml(Recipe, self.recipe_file)

    def write_recipe(self, recipe: Recipe) -> None:
        """Write down what is trained, and where its images lie now. Raises AncraError."""
        try:
            replace_file(self.recipe_file, lambda file: file.write(yaml_text(recipe).encode()))
        except OSError as error:
            raise AncraError(f"The run's folder {self.folder} cannot be written: {error.strerror}.") from None

    @property
    def doing(self) -> str:
        """What happens to it, in words."""
        return "being trained"

    @property
    def command(self) -> list[str]:
        """What trains it, from the start or from its last whole epoch."""
        recipe, folder = self.recipe_file.absolute(), self.folder.absolute()
        return [sys.executable, "-m", "ancra", "train", str(recipe), "--out", str(folder), "--resume"]

    @property
    def device(self) -> str:
        """Where it is trained, as its recipe says. Raises AncraError when that was damaged."""
        return self.recipe.device

    def work(self) -> None:
        """Train it in this process, or go on with it. Raises AncraError and RunCancelled, after writing it down."""
        from ancra.runs.execution import execute

        execute(self, resume=True)

    def status(self) -> RunStatus:
        """The state as seen from this machine now: a run whose process is gone is ``lost``."""
        return self.written_status().seen_from_here()

    def written_status(self) -> RunStatus:
        """``status.json`` as it stands; ``lost`` when it is damaged."""
        damaged = "Its status.json is missing or damaged; resume to go on."
        return read_status(RunStatus, self.status_file) or RunStatus(state="lost", message=damaged)

    def write_status(self, status: RunStatus) -> None:
        """Replace ``status.json`` atomically. Raises OSError; a folder that was deleted is not made again."""
        if not self.folder.is_dir():
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(self.folder))
        write_status(self.status_file, status)

    def metrics(self) -> list[EpochRow]:
        """The rows of all epochs so far: ``epoch`` and numbers. A line that is damaged or cut short is left out."""
        rows = []
        with suppress(OSError), self.metrics_file.open("rb") as file:
            for line in file.read(limits.METRICS_BYTES).decode(errors="replace").splitlines()[: limits.METRICS_ROWS]:
                with suppress(ValueError, RecursionError):
                    row = json.loads(line)
                    if _is_of_an_epoch(row):
                        rows.append(row)
        return rows

    def append_metrics(self, row: EpochRow) -> None:
        """Add an epoch's row. Raises OSError."""
        with self.metrics_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def keep_metrics(self, epochs: int) -> None:
        """Drop the rows after ``epochs`` whole epochs, and any line that was cut short. Raises OSError."""
        rows = {row["epoch"]: row for row in self.metrics() if isinstance(row.get("epoch"), int)}
        text = "".join(json.dumps(rows[epoch]) + "\n" for epoch in sorted(rows) if epoch <= epochs)
        replace_file(self.metrics_file, lambda file: file.write(text.encode()))

    def log(self, line: str) -> None:
        """Add a line with the time to log.txt; a log that cannot be written stops nothing."""
        with suppress(OSError), self.log_file.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S}  {line}\n")

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of log.txt; of the process's own output when there is no log yet."""
        for path in (self.log_file, self.output_file):
            with suppress(OSError), path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - 64 * 1024))
                text = file.read().decode(errors="replace").strip()
                if text:
                    return "\n".join(text.splitlines()[-lines:])
        return ""


def _is_of_an_epoch(row: Any) -> bool:
    numbers = (int, float, type(None))
    return (
        isinstance(row, dict)
        and isinstance(row.get("epoch"), int)
        and all(isinstance(value, numbers) for value in row.values())
    )


def list_runs(folder: Path | None = None) -> list[Run]:
    """All runs of the workspace (or of ``folder``), the newest first."""
    root = folder or runs_folder()
    runs = [Run(path.parent) for path in root.glob("*/recipe.yaml") if path.parent.name.isprintable()]
    return sorted(runs, key=lambda run: (run.written_status().created, run.name), reverse=True)


def new_run(recipe: Recipe) -> Run:
    """A new run in the workspace, named after the recipe and the time. Raises AncraError."""
    name = f"{recipe.name}-{datetime.now():%Y%m%d-%H%M%S}"
    folders = (runs_folder() / (f"{name}-{number}" if number > 1 else name) for number in count(1))
    return Run.create(next(folder for folder in folders if not folder.exists()), recipe)


def delete_run(run: Run) -> None:
    """Move a run's folder into the bin. Raises AncraError while it is running, or when it cannot be moved.

    A run that lies elsewhere than in the workspace is removed for good.
    """
    if run.status().active:
        raise AncraError(f"{run.name} is being trained: stop it first.")
    if run.folder.absolute().is_relative_to(workspace().absolute()):
        discard(run.folder)
        return
    try:
        shutil.rmtree(run.folder)
    except OSError as error:
        raise AncraError(f"{run.folder} cannot be removed: {error.strerror}.") from None
