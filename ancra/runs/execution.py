"""Carrying out a run in this process: its states and its lock."""

import os
import traceback
from contextlib import nullcontext
from pathlib import Path
from time import time
from typing import Any

from ancra.errors import AncraError
from ancra.files import locked, remove_leftovers
from ancra.jobs.liveness import host_name, process_token
from ancra.jobs.signals import RunCancelled, ended_by_signals
from ancra.jobs.status import RunStatus
from ancra.recipe import Recipe
from ancra.runs.epoch_mapping import EpochMapping
from ancra.runs.recorder import OnLine, OnProgress, Recorder
from ancra.runs.run import Run
from ancra.runs.waiting import its_turn


def execute(
    run: Run,
    resume: bool = False,
    on_progress: OnProgress | None = None,
    on_line: OnLine | None = None,
    queued: bool = False,
) -> Path:
    """Train a run to its end.

    Args:
        resume: go on from the last whole epoch; a finished run is left as it is.
        queued: wait for a free slot of this machine first, and hold it.

    Returns:
        Its finished checkpoint.

    Raises:
        AncraError: it failed (the status says why, too), or another process trains it.
        RunCancelled: it was stopped; it can be resumed.
    """
    busy = f"{run.name} is being trained by another process already; stop that one first."
    with locked(run.folder / ".lock", busy):
        if resume and run.written_status().state == "finished" and run.final_checkpoint.exists():
            return run.final_checkpoint
        with its_turn(run) if queued else nullcontext():
            remove_leftovers(run.checkpoints)
            return _execute(run, resume, on_progress, on_line)


def _execute(run: Run, resume: bool, on_progress: OnProgress | None, on_line: OnLine | None) -> Path:
    recipe, before = run.recipe, run.written_status()
    status = RunStatus(
        state="running",
        epoch=before.epoch if resume else 0,
        epochs=recipe.epochs,
        created=before.created or time(),
        started=time(),
        pid=os.getpid(),
        token=process_token(os.getpid()),
        host=host_name(),
    )
    recorder = Recorder(run, status, on_progress, on_line, EpochMapping(run, recipe) if recipe.keep_epochs else None)
    ending: dict[str, Any] = {"state": "failed"}
    try:
        with recorder, ended_by_signals():
            from ancra.training.trainer import train

            checkpoint = train(recipe, run.folder, recorder, resume)
            if recipe.test_attacks:
                _test(checkpoint, recipe, recorder)
        ending = {"state": "finished", "step": 0, "remaining": 0.0, "message": ""}
        run.log(f"finished: {checkpoint}")
        return checkpoint
    except RunCancelled as error:
        ending = {"state": "cancelled", "message": f"Stopped by {error}; resume to go on from the last whole epoch."}
        run.log(f"cancelled by {error} after epoch {recorder.status.epoch}")
        raise
    except AncraError as error:
        ending["message"] = str(error)
        run.log(f"failed: {error}")
        raise
    except OSError as error:
        gone = f"The run's folder {run.folder} is gone: it was moved or deleted while it was trained."
        cannot = f"{error.filename or run.folder} cannot be written: {error.strerror or error}."
        ending["message"] = cannot if run.folder.is_dir() else gone
        run.log(f"failed: {ending['message']}")
        raise AncraError(ending["message"]) from None
    except BaseException as error:
        ending["message"] = f"Unexpected {type(error).__name__}: {error}".strip()
        run.log(traceback.format_exc())
        raise
    finally:
        _write_ending(run, recorder.status, ending)


def _test(checkpoint: Path, recipe: Recipe, recorder: Recorder) -> None:
    """Judge the finished model on the test images; what is found goes into its card."""
    from ancra.checkpoints import keep_evaluation
    from ancra.evaluation.accuracy import evaluate_checkpoint, named_attacks, sentence
    from ancra.training.observer import Progress

    recorder.log(f"testing the finished model: {', '.join(recipe.test_attacks)}")

    def on_progress(done: int, total: int) -> None:
        recorder.progressed(Progress(recipe.epochs, recipe.epochs, done, total, None))

    attacks, worst_of = named_attacks(recipe.test_attacks)
    row = evaluate_checkpoint(checkpoint, None, recipe.device, on_progress, attacks, worst_of)
    row["checkpoint"] = recorder.run.name  # a path says nothing on another machine
    keep_evaluation(checkpoint, row)
    recorder.log(sentence(row))


def _write_ending(run: Run, status: RunStatus, ending: dict[str, Any]) -> None:
    changes = {"remaining": None, "pid": None, "token": "", **ending}
    try:
        run.write_status(status.model_copy(update=changes))
    except OSError as error:
        # Without a written ending the run shows as lost, which can be resumed just the same.
        run.log(f"the status cannot be written: {error.strerror}")
