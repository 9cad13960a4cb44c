"""Watching a sample of images along the steps of an attack: a map a model, one slider."""

from collections.abc import Mapping, Sequence

import streamlit as st

from ancra.attacks.suite import attack_title
from ancra.maps.over_attack import AttackSteps
from ancra.maps.settings import ModelMapSettings
from ancra.text import percent
from app.answers import steps
from app.components.feature_map import feature_map
from app.parts.maps import controls


def show(names: Sequence[str], settings: ModelMapSettings) -> None:
    """The maps with their slider, and what is seen on them."""
    if settings.features.attack == "natural":
        st.info("There are no steps without an attack: choose one above.", icon=":material/route:")
        return
    trajectories = steps.steps_of(names, settings)
    scene = steps.scene(names, settings, trajectories)
    st.markdown(sentence(trajectories))
    colour = controls.colour()  # The story sets it.
    wanted = colour if colour in ("true", "predicted", "flipped", "confidence") else "true"
    feature_map(scene, key="steps_map", command={"id": f"steps-{wanted}", "view": "attack", "colour": wanted})
    st.caption(scene.caption)


def sentence(trajectories: Mapping[str, AttackSteps]) -> str:
    """What is seen, in words."""
    first = next(iter(trajectories.values()))
    changed = [f"**{percent(trajectory.changed)}** on {title}" for title, trajectory in trajectories.items()]
    shares = changed[0] if len(changed) == 1 else f"{', '.join(changed[:-1])} and {changed[-1]}"
    return (
        f"Press play, or drag the slider: after the last step of {attack_title(first.features.attack)}, the "
        f"predicted class of so many of the {len(first.rows)} images has changed: {shares}."
    )
