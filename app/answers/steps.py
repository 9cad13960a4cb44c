"""The steps of an attack on the maps of checkpoints, from the store or computed in the queue."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ancra.maps.over_attack import AttackSteps, attack_steps
from ancra.maps.settings import ModelMapSettings, ResolvedMap
from ancra.scenes.of_attack import scene_of_steps
from ancra.scenes.scene import Scene
from app import compute
from app.answers import maps as answers
from app.answers.models import title_of
from app.queueing import Progress, Work


def steps_of(names: Sequence[str], settings: ModelMapSettings) -> dict[str, AttackSteps]:
    """The trajectories of checkpoints' images through an attack, by the models' titles. Raises AncraError."""
    answers.require_one_dataset(names)
    asked = {name: answers.resolved(name, settings) for name in names}
    begun = {name: (answers.map_key(name, each), _work(name, each)) for name, each in asked.items()}
    for key, work in begun.values():  # All of them at once; then wait for one after the other.
        compute.begin("map-steps", key, work)
    found = [
        compute.ask("map-steps", key, work, f"Following the attack on {title_of(name)}")
        for name, (key, work) in begun.items()
    ]
    return dict(zip(answers.titles_of(names), found, strict=True))


def scene(names: Sequence[str], settings: ModelMapSettings, trajectories: dict[str, AttackSteps]) -> Scene:
    """The scene of these trajectories, made once for all sessions."""
    keys = tuple(answers.map_key(name, answers.resolved(name, settings)) for name in names)
    return _scene((*zip(trajectories, keys, strict=True),), names[0], trajectories)


@st.cache_resource(max_entries=8, show_spinner=False)
def _scene(key: tuple[tuple[str, answers.Key], ...], _name: str, _trajectories: dict[str, AttackSteps]) -> Scene:
    return scene_of_steps(_trajectories, compute.dataset(_name))


def _work(name: str, asked: ResolvedMap) -> Work:
    compute.require_images(name)
    path = Path(compute.path(name))

    def work(progress: Progress) -> AttackSteps:
        return compute.on_device(lambda where: attack_steps(path, asked, device=where, on_progress=progress))

    return work
