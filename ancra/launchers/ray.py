"""Runs as jobs of a Ray cluster that shares this machine's file system."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from ancra.environment import RAY_CPUS, RAY_GPUS
from ancra.errors import AncraError
from ancra.jobs.detached import environment
from ancra.jobs.launch import Launch, read_launch, write_launch, write_state
from ancra.jobs.status import S
from ancra.jobs.task import Task
from ancra.launchers.base import check_idle, submitting
from ancra.launchers.local import LocalLauncher
from ancra.paths import ROOT
from ancra.runs.waiting import STOPPED_WAITING

ADDRESS = "RAY_API_SERVER_ADDRESS"
STOP_SECONDS = 60  # what a task is given to write down its end


class RayLauncher:
    """Hands runs and evaluations to Ray Jobs.

    The cluster is the one of ``$RAY_API_SERVER_ADDRESS`` or ``$RAY_ADDRESS``, else one that runs on this machine.
    A job asks for ``$ANCRA_RAY_CPUS`` processors (1) and ``$ANCRA_RAY_GPUS`` GPUs (1 when the recipe's device is cuda,
    else 0), and waits in Ray's queue until a node has them.

    Raises:
        AncraError: the package ``ray`` is not installed.
    """

    def __init__(self) -> None:
        if find_spec("ray") is None:
            raise AncraError('Ray is not installed here: pip install "ancra-lab[ray]".')

    def submit(self, task: Task[S]) -> None:
        """Hand the task to Ray. Raises AncraError when it is going on, or Ray does not answer."""
        check_idle(task, self.status(task))
        cpus = RAY_CPUS.read(1)
        gpus = RAY_GPUS.read(1 if task.device.startswith("cuda") else 0)
        line = f"cd {shlex.quote(str(ROOT))} && exec {shlex.join(task.command)}"
        address = os.environ.get(ADDRESS) or os.environ.get("RAY_ADDRESS", "")
        launch = Launch(launcher="ray", address=address)
        with submitting(task, launch), _answered(address) as client:
            job = client.submit_job(
                entrypoint=f"{line} >> {shlex.quote(str(task.output_file.absolute()))} 2>&1",
                entrypoint_num_cpus=cpus,
                entrypoint_num_gpus=gpus,
                metadata={"task": task.name},
                runtime_env={"env_vars": {**environment(), "RAY_JOB_STOP_WAIT_TIME_S": str(STOP_SECONDS)}},
            )
            write_launch(task, launch.with_changes(job=job))

    def cancel(self, task: Task[S]) -> None:
        """Have Ray send SIGTERM. Raises AncraError when Ray does not answer."""
        launch = read_launch(task)
        if not task.status().active:
            return
        with _answered(launch.address) as client:
            alive = _state(client, launch.job) is not None
            if alive:
                client.stop_job(launch.job)
        if not alive:
            LocalLauncher().cancel(task)
        elif task.written_status().state == "queued":
            write_state(task, "cancelled", STOPPED_WAITING)

    def status(self, task: Task[S]) -> S:
        """The task's state; Ray is asked while no process has begun to work on it. Raises AncraError."""
        status, launch = task.status(), read_launch(task)
        if not status.active or status.pid is not None or not launch.job:
            return status
        with _answered(launch.address) as client:
            if _state(client, launch.job) is not None:
                return status
        return status.lost(f"Ray's job {launch.job} has ended before it began; resume to submit it again.")

    def capacity(self) -> int | None:
        """None: Ray queues jobs itself."""
        return None


def _state(client: Any, job: str) -> str | None:
    """PENDING or RUNNING; None for a job that has ended or is not known."""
    try:
        state = client.get_job_status(job)
    except RuntimeError as error:
        if "404" in str(error):
            return None
        raise
    return None if state.is_terminal() else str(state)


@contextmanager
def _answered(address: str) -> Iterator[Any]:
    """A client of the cluster at an address, a local one's for ""; what goes wrong is said in one sentence."""
    from ray.exceptions import AuthenticationError
    from ray.job_submission import JobSubmissionClient

    try:
        with _environment(address):
            client = JobSubmissionClient()
        yield client
    except AuthenticationError:
        raise AncraError(
            f"Ray at {address or 'this machine'} asks for its token: set RAY_AUTH_MODE=token, "
            "and RAY_AUTH_TOKEN_PATH where it is not in your home folder."
        ) from None
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise AncraError(
            f"Ray at {address or 'this machine'} did not answer as it should ({reason}): "
            f"is the cluster up, and is it the one of {ADDRESS}?"
        ) from None


@contextmanager
def _environment(address: str) -> Iterator[None]:
    """Ray heeds its variable more than an argument, and the variable may name another cluster by now."""
    before = os.environ.pop(ADDRESS, None)
    try:
        if address:
            os.environ[ADDRESS] = address
        yield
    finally:
        os.environ.pop(ADDRESS, None)
        if before is not None:
            os.environ[ADDRESS] = before
