"""The loss within the epochs of a run, for a curve that moves while it trains: a line every few seconds."""

import json
from contextlib import suppress

from ancra import limits
from ancra.files import replace_file
from ancra.runs.run import Run

StepLoss = tuple[float, float]
"""Epochs done, with a fraction, and the mean loss since the line before."""


def read_step_losses(run: Run) -> list[StepLoss]:
    """All lines so far, in order; one that is damaged or cut short is left out."""
    found = []
    with suppress(OSError), run.steps_file.open("rb") as file:
        for line in file.read(limits.METRICS_BYTES).decode(errors="replace").splitlines():
            with suppress(ValueError, RecursionError, KeyError, TypeError):
                row = json.loads(line)
                found.append((float(row["at"]), float(row["loss"])))
    return found


def append_step_loss(run: Run, at: float, loss: float) -> None:
    """Add a line; a disk that is full costs the curve, not the run."""
    with suppress(OSError), run.steps_file.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": round(at, 4), "loss": loss}) + "\n")


def keep_step_losses(run: Run, epochs: int) -> None:
    """Drop what comes after so many whole epochs."""
    kept = [step for step in read_step_losses(run) if step[0] <= epochs]
    text = "".join(json.dumps({"at": at, "loss": loss}) + "\n" for at, loss in kept)
    with suppress(OSError):
        replace_file(run.steps_file, lambda file: file.write(text.encode()))
