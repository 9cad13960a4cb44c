"""The maps over the epochs of a run, which the process that trains it has made."""

from dataclasses import dataclass

import streamlit as st

from ancra.data.registry import load_dataset
from ancra.errors import unknown_name
from ancra.maps.model_map import ModelMap
from ancra.maps.over_epochs import EpochMaps
from ancra.runs.run import Run, list_runs
from ancra.scenes.of_epochs import scene_of_epochs, shown_epochs
from ancra.scenes.scene import Scene


@dataclass(frozen=True, eq=False)
class EpochView:
    """A run over its epochs: the maps by epoch, and the scene of them; None while fewer than two are there."""

    title: str
    active: bool
    maps: dict[int, ModelMap]
    scene: Scene | None


def runs_with_epochs() -> dict[str, str]:
    """The titles of the runs that keep their epochs, by name, the newest first."""
    return {run.name: f"{run.recipe.title} · {run.name}" for run in list_runs() if EpochMaps(run.folder).epochs()}


def view(name: str) -> EpochView:
    """A run over its epochs as far as they are mapped. Raises AncraError."""
    runs: dict[str, Run] = {run.name: run for run in list_runs()}
    if name not in runs:
        raise unknown_name("run", name, runs)
    run = runs[name]
    kept = EpochMaps(run.folder)
    maps = {epoch: one for epoch in shown_epochs(kept.epochs()) if (one := kept.find(epoch)) is not None}
    scene = _scene(str(run.folder), tuple(maps), run.status().updated, maps, run) if len(maps) > 1 else None
    return EpochView(run.recipe.title, run.status().active, maps, scene)


@st.cache_resource(max_entries=4, show_spinner=False)
def _scene(folder: str, epochs: tuple[int, ...], updated: float, _maps: dict[int, ModelMap], _run: Run) -> Scene:
    return scene_of_epochs(_maps, load_dataset(_run.recipe.data))
