"""Runs as jobs of a Slurm cluster, through submitit."""

import os
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

from ancra.environment import SLURM
from ancra.errors import AncraError
from ancra.jobs.detached import environment
from ancra.jobs.launch import Launch, read_launch, write_launch, write_state
from ancra.jobs.signals import RunCancelled
from ancra.jobs.status import S
from ancra.jobs.task import Task
from ancra.launchers.base import check_idle, submitting
from ancra.launchers.local import LocalLauncher
from ancra.runs.waiting import STOPPED_WAITING

DAY = 24 * 60  # minutes
REQUEUED = "Slurm took the machine back; it goes on when its turn comes again."


class SlurmLauncher:
    """Hands runs and evaluations to Slurm.

    What a job asks for is in ``$ANCRA_SLURM``: parameters of ``submitit.SlurmExecutor``, as in
    ``partition=gpu gpus_per_node=1 time=600`` (time in minutes, a day by default). Slurm's own ``SBATCH_*`` variables
    count more. A job whose time is up, or that is preempted, is requeued and goes on by itself.

    Raises:
        AncraError: the package ``submitit`` is not installed, or this machine has no Slurm.
    """

    def __init__(self) -> None:
        if find_spec("submitit") is None:
            raise AncraError('submitit is not installed here: pip install "ancra-lab[slurm]".')
        if which("sbatch") is None or which("srun") is None:
            raise AncraError("This machine has no sbatch and srun: submit from one that belongs to a Slurm cluster.")

    def submit(self, task: Task[S]) -> None:
        """Hand the task to Slurm. Raises AncraError when it is going on, or Slurm does not take it."""
        check_idle(task, self.status(task))
        import submitit

        launch = Launch(launcher="slurm")
        with submitting(task, launch):
            try:
                executor = submitit.SlurmExecutor(task.folder.absolute() / "slurm", max_num_timeout=10**6)
                executor.update_parameters(**{"job_name": task.name, "time": DAY, **SLURM.read({})})
                job = executor.submit(Working(task, environment()))
            except (RuntimeError, ValueError, TypeError, subprocess.SubprocessError) as error:
                lines = [line.strip() for line in str(error).splitlines() if line.strip()]
                reason = next((line for line in reversed(lines) if "error" in line), lines[0] if lines else "no reason")
                raise AncraError(f"Slurm did not take the job ({reason.rstrip('.')}): check ANCRA_SLURM.") from None
            write_launch(task, launch.with_changes(job=job.job_id))

    def cancel(self, task: Task[S]) -> None:
        """Have Slurm send SIGTERM. Raises AncraError when Slurm does not answer."""
        if not (self.status(task).active or task.status().active):
            return
        job = read_launch(task).job
        if not _state(job):
            LocalLauncher().cancel(task)
            return
        _slurm("scancel", job)
        if task.written_status().state == "queued":
            write_state(task, "cancelled", STOPPED_WAITING)

    def status(self, task: Task[S]) -> S:
        """The task's state; Slurm is asked while no process works on it. Raises AncraError."""
        status, job = task.status(), read_launch(task).job
        if status.state not in ("queued", "cancelled") or status.pid is not None or not job:
            return status
        state = _state(job)
        if status.state == "cancelled":  # by a preemption that sends SIGTERM and requeues
            again = {"state": "queued", "message": REQUEUED}
            return status.model_copy(update=again) if state == "PENDING" else status
        if state:
            return status
        where = task.folder / "slurm"
        return status.lost(f"Slurm's job {job} has ended before it began (its output is in {where}); resume to go on.")

    def capacity(self) -> int | None:
        """None: Slurm queues jobs itself."""
        return None


class Working:
    """What a Slurm job does: the work of a task, having itself requeued when Slurm wants the machine back."""

    def __init__(self, task: Task[S], variables: dict[str, str]) -> None:
        self.task: Task[Any] = task
        self.variables, self.here = variables, Path.cwd()  # a folder may be meant from here

    def __call__(self) -> None:
        """Work to the end, from where it was. Raises AncraError when that fails."""
        os.chdir(self.here)
        os.environ.update(self.variables)
        requeue: Any = signal.getsignal(signal.SIGUSR2)  # submitit's: calls `checkpoint`, then requeues the job

        def end(number: int, _frame: object) -> None:
            raise RunCancelled(number)

        for number in (signal.SIGTERM, signal.SIGUSR2):
            signal.signal(number, end)
        try:
            self.task.work()
        except RunCancelled as error:
            if error.signal == signal.SIGUSR2:
                requeue(error.signal, None)
            raise SystemExit(128 + error.signal) from None

    def checkpoint(self) -> Any:
        """What the requeued job does: the same, from the last whole epoch."""
        from submitit.helpers import DelayedSubmission

        write_state(self.task, "queued", REQUEUED)
        return DelayedSubmission(self)


def _state(job: str) -> str:
    """PENDING, RUNNING and so on; empty for a job that has ended or is not known. Raises AncraError."""
    return _slurm("squeue", "--noheader", "--format=%T", f"--jobs={job}").strip() if job else ""


def _slurm(*arguments: str) -> str:
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AncraError(f"Slurm does not answer ({error}): is this machine part of the cluster?") from None
    if done.returncode and "Invalid job id" not in done.stderr:
        reason = done.stderr.strip().partition("\n")[0].rstrip(".")
        raise AncraError(f"Slurm does not answer ({reason}): is its controller up?")
    return done.stdout
