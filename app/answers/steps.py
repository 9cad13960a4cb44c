"""The steps of an attack on the maps of checkpoints, from the store or computed in the queue."""

from collections.abc import Sequence

import streamlit as st

from ancra.features.images import Images
from ancra.maps.over_attack import AttackSteps
from ancra.maps.settings import ModelMapSettings, ResolvedMap
from ancra.scenes.of_attack import scene_of_steps
from ancra.scenes.scene import Scene
from app import compute
from app.answers import maps as answers
from app.answers.models import title_of
from app.engine.request import Request


def steps_of(names: Sequence[str], settings: ModelMapSettings) -> dict[str, AttackSteps]:
    """The trajectories of checkpoints' images through an attack, by the models' titles. Raises AncraError."""
    answers.require_one_dataset(names)
    asked = {name: answers.resolved(name, settings) for name in names}
    begun = {name: (_request(name, each), answers.map_key(name, each)) for name, each in asked.items()}
    for each in begun.values():  # All of them at once; then wait for one after the other.
        compute.begin(*each)
    found = [compute.ask(*each, f"Following the attack on {title_of(name)}") for name, each in begun.items()]
    return dict(zip(answers.titles_of(names), found, strict=True))


def scene(names: Sequence[str], settings: ModelMapSettings, trajectories: dict[str, AttackSteps]) -> Scene:
    """The scene of these trajectories, made once for all sessions."""
    keys = tuple(answers.map_key(name, answers.resolved(name, settings)) for name in names)
    return _scene((*zip(trajectories, keys, strict=True),), trajectories, answers.images_of(names[0], settings))


@st.cache_resource(max_entries=8, show_spinner=False)
def _scene(key: tuple[tuple[str, answers.Key], ...], _trajectories: dict[str, AttackSteps], _images: Images) -> Scene:
    return scene_of_steps(_trajectories, _images)


def _request(name: str, asked: ResolvedMap) -> Request:
    answers.require_images(name, asked)
    return compute.request("map-steps", name, asked)
