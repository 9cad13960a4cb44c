"""The way of one image over the maps: a selected test image under attack, or an image of one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ancra.errors import AncraError
from ancra.maps.model_map import ModelMap
from ancra.maps.placement import ImageTrajectory
from ancra.maps.settings import ModelMapSettings
from ancra.scenes.scene import Scene
from app import state
from app.access import may_change
from app.answers import attacks
from app.answers import maps as answers
from app.answers.attacks import Picture
from app.figures import map_tables
from app.guard import show_error
from app.parts.attack.choose_image import from_upload
from app.parts.maps import selection

FOLLOW = "map_follow"


@dataclass(frozen=True)
class Followed:
    """An image and its way over each map, by the models' titles."""

    title: str
    label: int
    trajectories: Mapping[str, ImageTrajectory]

    def for_widget(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """As the map widget takes it, one a map; ``names`` are the class names."""
        return [
            {
                "title": self.title,
                "xy": [[round(float(x), 4), round(float(y), 4)] for x, y in trajectory.positions[:, :2]],
                "predicted": trajectory.predictions.tolist(),
                "words": [
                    f"{title}: {names[answer]}, {confidence:.0%}"
                    for title, answer, confidence in zip(
                        trajectory.titles, trajectory.predictions, trajectory.confidences, strict=True
                    )
                ],
            }
            for trajectory in self.trajectories.values()
        ]


def follow(
    scene: Scene, shown: Mapping[str, ModelMap], names: Sequence[str], settings: ModelMapSettings
) -> Followed | None:
    """The image whose way is asked for: the one uploaded, else the one selected, else None."""
    selected = _selected(scene, names)
    try:  # What is wrong with one image must not take the maps off the page.
        own = None
        if may_change():
            with st.expander("Place an image of your own on the maps"):
                own = from_upload(names[0])
        picture, title = (own, "your image") if own else (selected, "this image")
        if picture is None:
            return None
        pairs = zip(shown.items(), names, strict=True)
        trajectories = {one: answers.image_trajectory(name, settings, there, picture) for (one, there), name in pairs}
        return Followed(title, picture.label, trajectories)
    except AncraError as error:
        show_error(error)
        return None


def describe(followed: Followed, classes: Sequence[str]) -> None:
    """What each model answers on the trajectory."""
    st.markdown(f"**The way of {followed.title} over the maps**, true label {classes[followed.label]}.")
    st.html(map_tables.trajectory_table(followed.trajectories, classes, followed.label, state.look()))
    st.caption(
        "The diamonds are *projected*: each lies between the mapped images that are nearest to it in the full feature "
        "space, and the map was not laid out for it. *Distance* is how far the nearest one is, in typical distances "
        "between neighbours: far above 1, the image is like nothing on the map, and its place means little. The attack "
        "starts at a random point of its own, so its end may differ from the mapped one."
    )


def _selected(scene: Scene, names: Sequence[str]) -> Picture | None:
    chosen = selection.selected(scene)
    if len(chosen) != 1 or scene.split != "test":
        return None
    index = int(scene.indices[chosen[0]])
    # Not bound to the URL: a binding gets lost there where what its own change begins takes long.
    st.session_state.setdefault(FOLLOW, st.query_params.get(FOLLOW) == "true")
    follow = st.toggle("Show its attack, step by step", key=FOLLOW)
    state.put_into_link(FOLLOW, "true" if follow else None)
    return attacks.picture_of_test(names[0], index) if follow else None
