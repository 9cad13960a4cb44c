"""What starts and stops runs and evaluations: this machine, Ray, Slurm, or the caller itself, all in the same way."""

from collections.abc import Callable
from typing import Protocol

from ancra.jobs.launch import read_launch
from ancra.jobs.status import S
from ancra.jobs.task import Task
from ancra.launchers.debug import DebugLauncher
from ancra.launchers.local import LocalLauncher
from ancra.launchers.ray import RayLauncher
from ancra.launchers.slurm import SlurmLauncher
from ancra.registry import Registry


class Launcher(Protocol):
    """Has work done somewhere. What it starts outlives it, and is found again by any other launcher of its kind."""

    def submit(self, task: Task[S]) -> None:
        """Start the task, or go on with it, as soon as there is room. Raises AncraError."""

    def cancel(self, task: Task[S]) -> None:
        """End the task so that it can be resumed; nothing happens when it is not going on. Raises AncraError."""

    def status(self, task: Task[S]) -> S:
        """Its state after asking the engine: ``lost`` when it waits for a job that is gone. Raises AncraError."""
        ...

    def capacity(self) -> int | None:
        """How many tasks at once make sense; None when the engine has a queue of its own."""
        ...


LAUNCHERS: Registry[Callable[[], Launcher]] = Registry("launcher")
"""To add an engine: write a class and register it here, or from your own code with ``@LAUNCHERS.add("name")``."""

LAUNCHERS.add("local")(LocalLauncher)
LAUNCHERS.add("ray")(RayLauncher)
LAUNCHERS.add("slurm")(SlurmLauncher)
LAUNCHERS.add("debug")(DebugLauncher)


def launcher(name: str = "local") -> Launcher:
    """A launcher by its name. Raises AncraError when there is none, or what it needs is not installed."""
    return LAUNCHERS[name]()


def launcher_of(task: Task[S]) -> Launcher:
    """The launcher that a task was last submitted by, ``local`` for one that never was. Raises AncraError."""
    return launcher(read_launch(task).launcher)
