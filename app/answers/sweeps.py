"""Sweeps: what they found, how far they are, what they will take; starting and stopping them."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import time

import streamlit as st

from ancra.errors import AncraError
from ancra.jobs.ending import wait_until_idle
from ancra.jobs.status import ShareStatus
from ancra.launchers.registry import launcher
from ancra.paths import sweeps_folder
from ancra.settings import parse_changes
from ancra.sweeps import job
from ancra.sweeps.axes import STRATEGY, parse_axis, setting_path
from ancra.sweeps.outcome import CellResult
from ancra.sweeps.outcomes import KnownOutcome, known_outcomes
from ancra.sweeps.parse_plan import make_plan
from ancra.sweeps.plan import SweepPlan, load_plan, sweep_names
from ancra.sweeps.sweep import CellState, Sweep, list_sweeps
from ancra.sweeps.trends import numeric_axes
from ancra.training.check import check_names
from app import compute
from app.access import changing
from app.answers import estimates
from app.answers.estimates import Measured

FEW = 50  # values that are all looked at while a person still types; of more, a long range, the ends


@dataclass(frozen=True)
class SweepView:
    """A sweep as it stands now.

    Attributes:
        states: one a cell, in the plan's order.
        status: of the process that carries it out; None for one that was never started.
    """

    name: str
    plan: SweepPlan
    states: list[CellState]
    status: ShareStatus | None

    @property
    def active(self) -> bool:
        """Whether a process carries it out, or one of its runs still goes on."""
        return (self.status is not None and self.status.active) or any(state.active for state in self.states)

    @property
    def finished(self) -> int:
        """How many runs are trained and tested."""
        return sum(state.finished for state in self.states)

    @property
    def failed(self) -> list[CellState]:
        """The runs that failed, for their messages."""
        return [state for state in self.states if state.status is not None and state.status.state == "failed"]

    @property
    def remaining(self) -> float | None:
        """Seconds left, as far as can be told now."""
        if self.status is None or self.status.remaining is None:
            return None
        return max(self.status.remaining - (time() - self.status.updated), 0.0)


def outcomes(numeric: bool) -> dict[str, KnownOutcome]:
    """By name, the outcomes along a number, or those of settings side by side: strategies and other names."""
    found = {each.name: each for each in _known_outcomes()}
    wanted = {name: each for name, each in found.items() if shown_in(each.outcome.plan, numeric)}
    # The named ones in their own order, then the workspace's.
    named = [name for name in sweep_names() if name in wanted]
    return {name: wanted[name] for name in [*named, *(name for name in wanted if name not in named)]}


def shown_in(plan: SweepPlan, numeric: bool) -> bool:
    """Whether a sweep is looked at along a number, or as settings side by side; one may be both."""
    return bool(numeric_axes(plan)) if numeric else STRATEGY in plan.vary or not numeric_axes(plan)


def title_of(plan: SweepPlan) -> str:
    """A sweep's title; with its name where it is no named one."""
    if plan.name in sweep_names() and named_plan(plan.name).title == plan.title:
        return plan.title
    return f"{plan.title} · {plan.name}"


@st.cache_resource(ttl=30, show_spinner=False)
def named_plan(name: str) -> SweepPlan:
    """One of the sweeps that come with the project. Raises AncraError."""
    return load_plan(name)


def models_of(results: Sequence[CellResult]) -> dict[str, str]:
    """By the cell's name, the checkpoint that holds its model, where there is one."""
    found: dict[str, str] = {}
    for name, card in compute.checkpoints().items():
        found.setdefault(card.digest, name)  # shipped ones come first, and have the shorter names
    return {each.cell: found[each.digest] for each in results if each.digest in found}


def sweeps() -> dict[str, str]:
    """The title of every sweep of the workspace by its name, those that go on first, then the last changed."""
    found = {}
    for sweep in list_sweeps():
        try:
            status = sweep.status()
            found[sweep.name] = (not (status is not None and status.active), title_of(sweep.plan))
        except AncraError:
            continue
    return {name: title for name, (_, title) in sorted(found.items(), key=lambda each: each[1][0])}


def view(name: str) -> SweepView:
    """A sweep as it stands now. Raises AncraError when it is gone."""
    sweep = _open(name)
    return SweepView(name, sweep.plan, sweep.states(), sweep.status())


def active() -> list[str]:
    """The names of the sweeps that are being carried out."""
    statuses = {sweep.name: sweep.status() for sweep in list_sweeps()}
    return [name for name, status in statuses.items() if status is not None and status.active]


def log(name: str, cell: str) -> str:
    """The last lines of a run's log; empty before it began. Raises AncraError when the sweep is gone."""
    sweep = _open(name)
    return next((sweep.run(each).log_tail(12) for each in sweep.cells if each.name == cell), "")


def plan(base: str, vary: Sequence[str], changes: Sequence[str], seeds: int, called: str) -> SweepPlan:
    """The plan of what was given, under a name that is still free where none is given.

    Args:
        vary: ``key=value,value`` or ``key=first:last:step``; nothing for a named sweep.
        changes: ``key=value`` for every run.

    Raises:
        AncraError: something does not fit; the sentence says what.
    """
    for key, _, listed in (axis.partition("=") for axis in vary):
        if not setting_path(key) or not listed.strip():
            raise AncraError(f"Say which values {key} takes: first:last:step, or one, two, three.")
    made = make_plan(base, dict(map(parse_axis, vary)), parse_changes(changes), seeds, called or None)
    if len(made.vary) < len(vary):
        raise AncraError("The same setting is varied twice: choose another one, or leave the second empty.")
    for key, values in made.vary.items():  # every value once; all combinations are checked when it starts
        for value in values if len(values) <= FEW else (values[0], values[-1]):
            others = {name: first for name, (first, *_) in made.vary.items()}
            check_names(made.cell({**others, key: value}, 0).recipe)
    return made if called else made.with_changes(name=_free_name(made))


@changing
def start(plan: SweepPlan, by: str) -> str:
    """Start a sweep as a process of its own; returns its name. Raises AncraError."""
    return job.start(plan, by).name


@changing
def go_on(name: str) -> None:
    """Carry out what is left of a sweep. Raises AncraError."""
    job.go_on(_open(name))


@changing
def stop(name: str) -> None:
    """End a sweep and its runs, and give them a moment to do so. Raises AncraError."""
    sweep = _open(name)
    job.stop(sweep)
    wait_until_idle(sweep.status, seconds=5)


def forget() -> None:
    """Read the outcomes again at the next question: a sweep came to an end."""
    _known_outcomes.clear()


def at_once(by: str) -> int | None:
    """How many runs a launcher trains at once; None where its engine has a queue of its own. Raises AncraError."""
    return launcher(by).capacity()


def seconds_before(plan: SweepPlan) -> float | None:
    """Seconds that a run of this plan took on this machine before, by runs of the same recipe; None without any."""
    spent = [
        (state.status.updated - state.status.started) / max(state.status.epochs, 1)
        for name in sweeps()
        if _like(_open(name).plan, plan)
        for state in _open(name).states()
        if state.finished and state.status is not None and state.status.started is not None
    ]
    return sum(spent) / len(spent) * plan.recipe.epochs if spent else None


@changing
def begin_estimate(plan: SweepPlan) -> "Future[Measured]":
    """Measures what a run of the plan's recipe takes, in a process of its own."""
    return estimates.begin(plan.recipe)


def _like(other: SweepPlan, plan: SweepPlan) -> bool:
    one, two = other.recipe, plan.recipe
    return (one.data, one.model, one.batch_size, one.device) == (two.data, two.model, two.batch_size, two.device)


def _free_name(plan: SweepPlan) -> str:
    """The plan's name, with a number where a sweep of this name trains something else."""
    names = (plan.name if number == 1 else f"{plan.name}-{number}" for number in count(1))
    return next(name for name in names if not _taken(sweeps_folder() / name, plan.model_copy(update={"name": name})))


def _taken(folder: Path, plan: SweepPlan) -> bool:
    if not folder.exists():
        return False
    try:
        return Sweep.open(folder).plan != plan
    except AncraError:
        return True


def _open(name: str) -> Sweep:
    if "/" in name or name.startswith("."):
        raise AncraError(f"{name!r} is not a sweep's name.")
    sweep = Sweep.open(sweeps_folder() / name)
    return _sweep(str(sweep.folder), sweep.plan_file.stat().st_mtime_ns)


@st.cache_resource(max_entries=16, show_spinner=False)
def _sweep(folder: str, _changed: int) -> Sweep:
    """Kept, as a plan of many cells takes a while to be spelled out."""
    return Sweep(Path(folder))


@st.cache_resource(ttl=5, show_spinner=False)
def _known_outcomes() -> list[KnownOutcome]:
    return known_outcomes()
