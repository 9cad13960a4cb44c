"""Carrying out a run in this process: its states and its lock."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import time

from ancra.errors import AncraError
from ancra.files import locked, remove_leftovers
from ancra.jobs.ending import ending_written
from ancra.jobs.signals import RunCancelled, ended_by_signals
from ancra.jobs.status import RunStatus
from ancra.recipe import Recipe
from ancra.runs.epoch_mapping import EpochMapping
from ancra.runs.recorder import OnLine, OnStep, Recorder
from ancra.runs.run import Run
from ancra.runs.waiting import granted_slot


def execute(
    run: Run,
    resume: bool = False,
    on_progress: OnStep | None = None,
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
    with locked(run.lock_file, busy):
        if resume and run.written_status().state == "finished" and run.final_checkpoint.exists():
            return run.final_checkpoint
        with granted_slot(run) if queued else nullcontext():
            remove_leftovers(run.checkpoints)
            return _execute(run, resume, on_progress, on_line)


def _execute(run: Run, resume: bool, on_progress: OnStep | None, on_line: OnLine | None) -> Path:
    recipe, before = run.recipe, run.written_status()
    status = RunStatus(
        epoch=before.epoch if resume else 0, epochs=recipe.epochs, created=before.created or time(), started=time()
    )
    on_epoch = EpochMapping(run, recipe) if recipe.keep_epochs else None
    recorder = Recorder(run, status.working(), on_progress, on_line, on_epoch)
    stopped = "Stopped by {signal}; resume to go on from the last whole epoch."
    with (
        ending_written(lambda: recorder.status, run.write_status, stopped, step=0, message=""),
        _ending_logged(recorder),
        recorder,
        ended_by_signals(),
    ):
        from ancra.training.trainer import train

        checkpoint = train(recipe, run.folder, recorder, resume)
        if recipe.test_attacks:
            _test(checkpoint, recipe, recorder)
    return checkpoint


@contextmanager
def _ending_logged(recorder: Recorder) -> Iterator[None]:
    """Log how it ended; a file that cannot be written becomes a sentence."""
    run = recorder.run
    try:
        yield
        run.log(f"finished: {run.final_checkpoint}")
    except RunCancelled as error:
        run.log(f"cancelled by {error} after epoch {recorder.status.epoch}")
        raise
    except AncraError as error:
        run.log(f"failed: {error}")
        raise
    except OSError as error:
        gone = f"The run's folder {run.folder} is gone: it was moved or deleted while it was trained."
        cannot = f"{error.filename or run.folder} cannot be written: {error.strerror or error}."
        reason = cannot if run.folder.is_dir() else gone
        run.log(f"failed: {reason}")
        raise AncraError(reason) from None
    except BaseException:
        run.log(traceback.format_exc())
        raise


def _test(checkpoint: Path, recipe: Recipe, recorder: Recorder) -> None:
    """Judge the finished model on the test images; what is found goes into its card."""
    from ancra.checkpoints import keep_evaluation
    from ancra.evaluation.accuracy import evaluate_checkpoint, named_attacks, sentence
    from ancra.training.observer import RunProgress

    recorder.log(f"testing the finished model: {', '.join(recipe.test_attacks)}")

    def on_progress(done: int, total: int) -> None:
        recorder.progressed(RunProgress(recipe.epochs, recipe.epochs, done, total, None))

    attacks, worst_of = named_attacks(recipe.test_attacks)
    row = evaluate_checkpoint(checkpoint, None, recipe.device, on_progress, attacks, worst_of)
    row["checkpoint"] = recorder.run.name  # a path says nothing on another machine
    keep_evaluation(checkpoint, row)
    recorder.log(sentence(row))
