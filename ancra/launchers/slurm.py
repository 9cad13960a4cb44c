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
from ancra.jobs.signals import RunCancelled
from ancra.jobs.status import RunStatus
from ancra.launchers.base import check_idle, submitting
from ancra.launchers.local import LocalLauncher
from ancra.runs.launch import Launch, read_launch, write_launch, write_state
from ancra.runs.run import Run
from ancra.runs.waiting import STOPPED_WAITING

DAY = 24 * 60  # minutes
REQUEUED = "Slurm took the machine back; the run goes on when its turn comes again."


class SlurmLauncher:
    """Hands runs to Slurm.

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

    def submit(self, run: Run) -> None:
        """Hand the run to Slurm. Raises AncraError when it is going on, or Slurm does not take it."""
        check_idle(run, self.status(run))
        import submitit

        launch = Launch(launcher="slurm")
        with submitting(run, launch):
            try:
                executor = submitit.SlurmExecutor(run.folder.absolute() / "slurm", max_num_timeout=10**6)
                executor.update_parameters(**{"job_name": run.name, "time": DAY, **SLURM.read({})})
                job = executor.submit(Training(run.folder.absolute(), environment()))
            except (RuntimeError, ValueError, TypeError, subprocess.SubprocessError) as error:
                lines = [line.strip() for line in str(error).splitlines() if line.strip()]
                reason = next((line for line in reversed(lines) if "error" in line), lines[0] if lines else "no reason")
                raise AncraError(f"Slurm did not take the run ({reason.rstrip('.')}): check ANCRA_SLURM.") from None
            write_launch(run, launch.with_changes(job=job.job_id))

    def cancel(self, run: Run) -> None:
        """Have Slurm send SIGTERM. Raises AncraError when Slurm does not answer."""
        if not (self.status(run).active or run.status().active):
            return
        job = read_launch(run).job
        if not _state(job):
            LocalLauncher().cancel(run)
            return
        _slurm("scancel", job)
        if run.written_status().state == "queued":
            write_state(run, "cancelled", STOPPED_WAITING)

    def status(self, run: Run) -> RunStatus:
        """The run's state; Slurm is asked while no process works on it. Raises AncraError."""
        status, job = run.status(), read_launch(run).job
        if status.state not in ("queued", "cancelled") or status.pid is not None or not job:
            return status
        state = _state(job)
        if status.state == "cancelled":  # by a preemption that sends SIGTERM and requeues
            again = {"state": "queued", "message": REQUEUED}
            return status.model_copy(update=again) if state == "PENDING" else status
        if state:
            return status
        where = run.folder / "slurm"
        return status.lost(f"Slurm's job {job} has ended before it began (its output is in {where}); resume to go on.")

    def capacity(self) -> int | None:
        """None: Slurm queues jobs itself."""
        return None


class Training:
    """What a Slurm job does: train a run, and have itself requeued when Slurm wants the machine back."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder, self.variables = folder, variables

    def __call__(self) -> None:
        """Train to the end, from the last whole epoch if there is one. Raises AncraError when that fails."""
        from ancra.runs.execution import execute

        os.environ.update(self.variables)
        requeue: Any = signal.getsignal(signal.SIGUSR2)  # submitit's: calls `checkpoint`, then requeues the job

        def end(number: int, _frame: object) -> None:
            raise RunCancelled(number)

        for number in (signal.SIGTERM, signal.SIGUSR2):
            signal.signal(number, end)
        try:
            execute(Run.open(self.folder), resume=True)
        except RunCancelled as error:
            if error.signal == signal.SIGUSR2:
                requeue(error.signal, None)
            raise SystemExit(128 + error.signal) from None

    def checkpoint(self) -> Any:
        """What the requeued job does: the same, from the last whole epoch."""
        from submitit.helpers import DelayedSubmission

        write_state(Run(self.folder), "queued", REQUEUED)
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
