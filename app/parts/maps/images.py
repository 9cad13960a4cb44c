"""Which images the maps are of: the models' test or training images, uploaded ones, of all classes or of some."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ancra.data.settings import called
from ancra.maps.model_map import ModelMap
from ancra.maps.settings import ModelMapSettings
from ancra.scenes.of_models import few
from ancra.text import listed
from app import compute, state
from app.access import may_change
from app.answers import maps as answers
from app.answers import uploads

TEST, TRAINING = "Test images", "Training images"
HELP = (
    "Your own images, uploaded on the Train page, can be mapped where their classes are called as the models' classes; "
    "the others are left out and counted."
)


def choose(names: Sequence[str], unmet: DeltaGenerator) -> dict[str, Any]:
    """The split, the classes and the folder, as ``FeatureSettings`` takes them; the widgets keep them in the URL.

    Args:
        unmet: where it is said what a link asks for and is not here.
    """
    own = {f"{one.name} (your images)": one.root for one in uploads.image_sets()} if may_change() else {}
    options = [TEST, TRAINING, *own] if may_change() else [TEST]
    state.say_unmet("map_images", options, "the images", unmet)
    chosen = st.selectbox(
        "Images",
        options,
        key="map_images",
        bind="query-params",
        help=HELP,
        on_change=state.met,
        args=("map_images",),
    )
    known = compute.card(names[0]).classes if names else ()
    state.say_unmet("map_classes", known, "the class", unmet)
    classes = st.multiselect(
        "Classes",
        known,
        key="map_classes",
        bind="query-params",
        placeholder="All classes",
        on_change=state.met,
        args=("map_classes",),
    )
    return {"split": "train" if chosen == TRAINING else "test", "folder": own.get(chosen), "classes": tuple(classes)}


def notes(one: ModelMap, names: Sequence[str], settings: ModelMapSettings) -> list[str]:
    """What is to be known of the images that are mapped: fewer than there are, few, or some left out."""
    features, said = one.settings.features, []
    if features.folder or features.split != "test" or features.classes:
        of = f" of {listed(features.classes)}" if features.classes else ""
        part = "" if features.folder else f"{features.part} "
        own = compute.card(names[0]).data.root
        whose = f"the folder {called(own)}" if own and one.dataset == "image_folder" else one.dataset
        said.append(f"**{one.count} {part}images{of}** of {whose}.")
    if features.split == "train" and not features.folder:
        said.append("The models were trained on these images: their accuracy here is not that on new ones.")
    if features.folder:
        said.append(answers.images_of(names[0], settings).left_out)
    return [text for text in (*said, few(one)) if text]
