"""Training runs: what there is, how far each one is, starting and stopping them."""

from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic, sleep
from typing import Any

import streamlit as st

from ancra.errors import AncraError
from ancra.paths import runs_folder
from ancra.runs.launchers import LocalLauncher
from ancra.runs.run import Run, list_runs, new_run
from ancra.runs.status import RunStatus
from ancra.training.recipe import Recipe, load_recipe, recipe_names


@dataclass(frozen=True)
class RunView:
    """A run as it stands now.

    Attributes:
        rows: one a finished epoch, as metrics.jsonl holds them.
        log: the last lines of its log.
    """

    name: str
    recipe: Recipe
    status: RunStatus
    rows: list[dict[str, Any]]
    log: str


@st.cache_data(ttl=30, show_spinner=False)
def presets() -> dict[str, Recipe]:
    """The recipes that come with the project: digits first, which need no download."""
    names = sorted(recipe_names(), key=lambda name: (not name.startswith("digits-"), name))
    return {name: load_recipe(name) for name in names}


@st.cache_resource
def launcher() -> LocalLauncher:
    """What starts runs on this machine."""
    return LocalLauncher()


def run_titles() -> dict[str, str]:
    """The title of every run by its name, the newest first; a run whose recipe is damaged is left out."""
    titles = {}
    for run in list_runs():
        try:
            when = datetime.fromtimestamp(run.written_status().created)
            titles[run.name] = f"{run.recipe.title} · {run.recipe.data.name} · {when:%d %b %H:%M:%S}"
        except AncraError:
            continue
    return titles


def view(name: str) -> RunView:
    """A run as it stands now. Raises AncraError when it is gone."""
    run = _open(name)
    log = run.log_tail(12).replace(f"{date.today()} ", "")  # today's lines need no date
    return RunView(name, run.recipe, run.status(), run.metrics(), log)


def active_runs() -> int:
    """How many runs are going on."""
    return sum(run.status().active for run in list_runs())


def start(recipe: Recipe) -> str:
    """Start a new run as a process of its own; returns its name. Raises AncraError."""
    run = new_run(recipe)
    launcher().submit(run)
    return run.name


def resume(name: str) -> None:
    """Go on with a run. Raises AncraError."""
    launcher().submit(_open(name))


def stop(name: str) -> None:
    """End a run so that it can be resumed, and give it a moment to do so. Raises AncraError."""
    run = _open(name)
    launcher().cancel(run)
    end = monotonic() + 3
    while run.status().active and monotonic() < end:
        sleep(0.1)


def _open(name: str) -> Run:
    if "/" in name or name.startswith("."):
        raise AncraError(f"{name!r} is not a run's name.")
    return Run.open(runs_folder() / name)
