"""Writes down what a training run tells: status, metrics, log and TensorBoard events."""

from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any

from ancra.jobs.signals import uninterrupted
from ancra.jobs.status import HEARTBEAT, RunStatus
from ancra.runs.run import Run
from ancra.runs.step_losses import append_step_loss, keep_step_losses
from ancra.training.observer import EpochRow, RunProgress

OnStep = Callable[[RunProgress], None]
OnLine = Callable[[str], None]
OnEpoch = Callable[[int], None]


class Recorder:
    """An observer of a training run that keeps its folder up to date; a heartbeat writes the status every 2 seconds.

    Use as a context manager: the heartbeat ends with it. The final state is the caller's to write, afterwards.

    Args:
        run: where to write.
        status: the running status that progress is added to.
        on_progress: is told of every step too.
        on_line: is given every line of the log too.
        on_epoch: is given the number of every epoch once it is written down.
    """

    def __init__(
        self,
        run: Run,
        status: RunStatus,
        on_progress: OnStep | None = None,
        on_line: OnLine | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> None:
        self.run, self.status = run, status
        self._on_progress, self._on_line, self._on_epoch = on_progress, on_line, on_epoch
        self._lock, self._end = Lock(), Event()
        self._thread = Thread(target=self._beat, name="heartbeat", daemon=True)
        self._events: Any = None
        self._losses: list[float] = []

    def __enter__(self) -> "Recorder":
        self._write()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        if self._events:
            self._events.close()

    def started(self, epoch: int) -> None:
        """Forget what was recorded after the epoch that training goes on from."""
        from torch.utils.tensorboard import SummaryWriter

        self.run.keep_metrics(epoch)
        keep_step_losses(self.run, epoch)
        with uninterrupted():
            self._events = SummaryWriter(str(self.run.tensorboard), purge_step=epoch + 1)
        self._update(epoch=epoch, step=0)

    def progressed(self, progress: RunProgress) -> None:
        """Remember the step; the heartbeat writes it."""
        if progress.loss is not None:
            with self._lock:
                self._losses.append(progress.loss)
        self._update(
            epoch=progress.epoch,
            step=progress.step,
            steps=progress.steps,
            remaining=None if progress.remaining is None else round(progress.remaining, 1),
        )
        if self._on_progress:
            self._on_progress(progress)

    def epoch_finished(self, row: EpochRow) -> None:
        """Append the epoch's row to metrics.jsonl and TensorBoard."""
        with uninterrupted():
            self.run.append_metrics(row)
            for name, value in row.items():
                if name != "epoch":
                    self._events.add_scalar(name, value, row["epoch"])
            self._events.flush()
            self._update(epoch=row["epoch"], step=0)
            self._write()
        self.log(
            f"epoch {row['epoch']}/{self.status.epochs}  loss {row['loss']:.3f}  natural {row['natural']:.1%}  "
            f"PGD {row['pgd']:.1%}  adaptive {row['adaptive']:.1%}  {row['seconds']:.1f} s"
        )
        if self._on_progress:
            self._on_progress(
                RunProgress(int(row["epoch"]), self.status.epochs, 0, self.status.steps, self.status.remaining)
            )
        if self._on_epoch:
            self._on_epoch(int(row["epoch"]))

    def log(self, line: str) -> None:
        """A line for log.txt and for whoever listens."""
        self.run.log(line)
        if self._on_line:
            self._on_line(line)

    def _update(self, **changes: Any) -> None:
        with self._lock:
            self.status = self.status.model_copy(update=changes)

    def _write(self) -> None:
        with self._lock:
            self.run.write_status(self.status)

    def _write_losses(self) -> None:
        with self._lock:
            losses, self._losses = self._losses, []
            at = self.status.epoch + self.status.step / max(self.status.steps, 1)
        if losses:
            append_step_loss(self.run, at, sum(losses) / len(losses))

    def _beat(self) -> None:
        while not self._end.wait(HEARTBEAT):
            self._write_losses()
            try:
                self._write()
            except OSError:
                continue  # a full disk is reported by the training itself, which must not lose its state
