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
from app.answers.attacks import WHOLE, Part, Picture
from app.answers.images import missing
from app.answers.models import EXAMPLE, TEST_IMAGE
from app.components.crop import crop
from app.figures.pictures import photograph, png
from app.parts.attack.sheet import from_sheet
from app.parts.fetching import offer_images

KINDS = (TEST_IMAGE, "Upload")
PART = {"zoom": 1.0, "across": 50, "down": 50}
"""What says which part of a photograph is framed, and what holds all of its middle."""
SENT = 800  # Pixels of the longer side of a photograph that is framed.
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
        "Image",
        kinds,
        default=first,
        required=True,
        key="source",
        bind="query-params",
        width="stretch",
        label_visibility="collapsed",
    )
    if source == EXAMPLE:
        picture = from_example(name, examples, more)
        with more:
            offer_images(name)
        return picture
    if source == KINDS[0]:
        return None if offer_images(name) else from_sheet(name, epsilon, more)
    return from_upload(name, more)


def from_example(name: str, examples: list[Example], more: DeltaGenerator) -> Picture:
    """A photograph that comes with the project, and where it is from."""
    example = examples[0]
    if len(examples) > 1:
        example = st.selectbox(
            "Photograph", examples, format_func=lambda each: each.title, key="example", bind="query-params"
        )
    told, content = Part(example.zoom, example.centre), example.file.read_bytes()
    part = choose_part(name, content, example.title, "crop", told, more)
    st.caption(f"{example.title}, a {example.shows}: {example.source}")
    picture = attacks.picture_of_upload(name, content, example.title, 0, part)
    return replace(picture, label=compute.card(name).classes.index(example.shows), stored=part == told)


def choose_part(name: str, content: bytes, called: str, key: str, first: Part, more: DeltaGenerator) -> Part:
    """Which part of a photograph a model is shown: a frame to drag and zoom, and the same in numbers.

    Args:
        key: what the numbers are called in the URL, before ``_zoom``, ``_across`` and ``_down``.
        first: the part that is framed at first.

    Raises:
        AncraError: the file is no image.
    """
    keys = [f"{key}_{what}" for what in PART]
    _, height, width = compute.card(name).image_shape
    url, ratio = photograph(content, called, SENT)  # not kept: it may be a person's own
    with more, st.popover("Crop in numbers", icon=":material/crop:", width="stretch"):
        zoom = st.slider("Zoom", 1.0, 4.0, first.zoom, 0.1, key=keys[0], bind="query-params", format="%.1f×")
        across, down = (
            st.slider(title, 0, 100, round(100 * at), key=each, bind="query-params", format="%d %%")
            for title, at, each in zip(
                ("From left to right", "From top to bottom"), first.centre, keys[1:], strict=True
            )
        )
    part = Part(zoom, (across / 100, down / 100))

    def move() -> None:
        st.session_state.update(zip(keys, st.session_state[f"{key}_frame"].moved, strict=True))

    crop(url, ratio, aspect=width / height, zoom=part.zoom, centre=part.centre, on_move=move, key=f"{key}_frame")
    return part


def from_upload(name: str, more: DeltaGenerator | None = None) -> Picture | None:
    """A person's own image, and what it shows; ``more`` is where the part of it is chosen in numbers."""
    if compute.card(name).image_shape[0] == 3 and st.toggle("Use the camera", key="camera"):
        file = st.camera_input("Your photograph", key="photograph", on_change=_whole_again)
    else:
        file = _file()
    if file is None:
        st.caption(f"A part of it is reduced to {_size(name)}, which is what these models take.")
        return None
    part = choose_part(name, file.getvalue(), file.name, "own", WHOLE, more or st.container())
    classes = compute.card(name).classes
    picture = attacks.picture_of_upload(name, file.getvalue(), file.name, 0, part)
    label = st.selectbox(
        "It shows",
        classes,
        index=None,
        key=f"shows {file.file_id}",
        placeholder="Choose its true class",
        help="The true class is yours to say: an attack succeeds when a model answers anything else.",
    )
    if label is None:
        st.image(png(picture.image[0].numpy(), SEEN), caption=f"What the models see of it: {_size(name)}.")
        return None
    return replace(picture, label=classes.index(label))


def _whole_again() -> None:
    """Another photograph is framed anew, whatever the URL says of the one before."""
    for what, whole in PART.items():
        if f"own_{what}" in st.session_state:
            st.session_state[f"own_{what}"] = whole


def _size(name: str) -> str:
    """What images a checkpoint takes, in words."""
    channels, height, width = compute.card(name).image_shape
    return f"{height} x {width} {'grey' if channels == 1 else 'colour'} pixels"


def _file() -> UploadedFile | None:
    return st.file_uploader(
        "Your image", type=sorted(ending[1:] for ending in SUFFIXES), max_upload_size=64, on_change=_whole_again
    )
