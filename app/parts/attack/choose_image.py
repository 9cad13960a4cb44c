"""Choosing the image to attack: one click on a contact sheet, a number, or a file of one's own."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ancra.data.examples import Example, examples_for
from ancra.data.files import SUFFIXES
from app import compute, state
from app.access import may_change
from app.answers import attacks
from app.answers.attacks import Part, Picture
from app.answers.images import missing
from app.answers.models import EXAMPLE, TEST_IMAGE
from app.figures.pictures import png
from app.parts.attack.sheet import from_sheet
from app.parts.fetching import offer_images

KINDS = (TEST_IMAGE, "Upload")
SEEN = 160  # Pixels of the screen that an image is enlarged to at least.


def choose_image(name: str, epsilon: float, more: DeltaGenerator) -> Picture | None:
    """The image, in the shape that a checkpoint takes; None while an upload, or what it shows, is still missing.

    Args:
        more: where the choices go that are needed less often.
    """
    card = compute.card(name)
    examples = examples_for(card.classes, card.image_shape)
    tests = [] if card.data.is_none else [KINDS[0]]
    kinds = [*tests, *([EXAMPLE] if examples else []), *([KINDS[1]] if may_change() else [])]
    opened = EXAMPLE if missing(name) else state.opening().source
    first = opened if opened in kinds else kinds[0]
    source = st.segmented_control(
        "Image", kinds, default=first, required=True, key="source", bind="query-params",
        width="stretch", label_visibility="collapsed",
    )  # fmt: skip
    if source == EXAMPLE:
        picture = from_example(name, examples)
        with more:
            offer_images(name)
        return picture
    if source == KINDS[0]:
        return None if offer_images(name) else from_sheet(name, epsilon, more)
    return from_upload(name)


def from_example(name: str, examples: list[Example]) -> Picture:
    """A photograph that comes with the project, and where it is from."""
    example = examples[0]
    if len(examples) > 1:
        example = st.selectbox(
            "Photograph", examples, format_func=lambda each: each.title, key="example", bind="query-params"
        )
    st.image(str(example.file), caption=f"{example.title}, a {example.shows}: {example.source}")
    told = Part(example.zoom, example.centre)
    part = choose_part(told.zoom, told.centre)
    picture = attacks.picture_of_upload(name, example.file.read_bytes(), example.title, 0, part)
    return replace(picture, label=compute.card(name).classes.index(example.shows), stored=part == told)


def choose_part(zoom: float = 1.0, centre: tuple[float, float] = (0.5, 0.5)) -> Part:
    """Which part of a photograph a model is shown."""
    with st.popover("Crop", icon=":material/crop:", width="stretch"):
        zoom = st.slider("Zoom", 1.0, 4.0, zoom, 0.1, key="crop_zoom", bind="query-params", format="%.1f×")
        across = st.slider(
            "From left to right", 0, 100, round(100 * centre[0]), key="crop_across", bind="query-params", format="%d %%"
        )
        down = st.slider(
            "From top to bottom", 0, 100, round(100 * centre[1]), key="crop_down", bind="query-params", format="%d %%"
        )
    return Part(zoom, (across / 100, down / 100))


def from_upload(name: str) -> Picture | None:
    """A person's own image, and what it shows."""
    if compute.card(name).image_shape[0] == 3 and st.toggle("Use the camera", key="camera"):
        file = st.camera_input("Your photograph", key="photograph")
    else:
        file = _file()
    if file is None:
        st.caption(f"A part of it is reduced to {_size(name)}, which is what these models take.")
        return None
    part = choose_part()
    classes = compute.card(name).classes
    picture = attacks.picture_of_upload(name, file.getvalue(), file.name, 0, part)
    label = st.selectbox(
        "It shows", classes, index=None, key=f"shows {file.file_id}", placeholder="Choose its true class",
        help="The true class is yours to say: an attack succeeds when a model answers anything else.",
    )  # fmt: skip
    if label is None:
        st.image(png(picture.image[0].numpy(), SEEN), caption=f"What the models see of it: {_size(name)}.")
        return None
    return replace(picture, label=classes.index(label))


def _size(name: str) -> str:
    """What images a checkpoint takes, in words."""
    channels, height, width = compute.card(name).image_shape
    return f"{height} x {width} {'grey' if channels == 1 else 'colour'} pixels"


def _file() -> UploadedFile | None:
    return st.file_uploader("Your image", type=sorted(ending[1:] for ending in SUFFIXES), max_upload_size=64)
