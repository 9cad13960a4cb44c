"""Choosing the image to attack: one click on a contact sheet, a number, or a file of one's own."""

from dataclasses import replace

import numpy as np
import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ancra.data.examples import Example, examples_for
from app import compute, state
from app.access import may_change
from app.answers import attacks
from app.answers.attacks import Part, Picture
from app.answers.images import missing
from app.answers.models import EXAMPLE, TEST_IMAGE
from app.components.contact_sheet import contact_sheet
from app.figures import pictures
from app.parts.fetching import offer_images
from app.words import attack as words

ON_SHEET, SHEET_COLUMNS = 160, 20
ALL_CLASSES = "All"
KINDS = (TEST_IMAGE, "Upload")


def choose_image(name: str, epsilon: float, more: DeltaGenerator) -> Picture | None:
    """The image, in the shape that a checkpoint takes; None while an upload is still missing.

    Args:
        more: where the choices go that are needed less often.
    """
    card = compute.card(name)
    examples = examples_for(card.classes, card.image_shape)
    kinds = [KINDS[0], *([EXAMPLE] if examples else []), *([KINDS[1]] if may_change() else [])]
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
        example = st.selectbox("Photograph", examples, format_func=lambda each: each.title, key="example")
    st.image(str(example.file), caption=f"{example.title}, a {example.shows}: {example.source}")
    told = Part(example.zoom, example.centre)
    part = choose_part(told.zoom, told.centre)
    picture = attacks.picture_of_upload(name, example.file.read_bytes(), example.title, 0, part)
    return replace(picture, label=compute.card(name).classes.index(example.shows), stored=part == told)


def choose_part(zoom: float = 1.0, centre: tuple[float, float] = (0.5, 0.5)) -> Part:
    """Which part of a photograph a model is shown."""
    with st.popover("Crop", icon=":material/crop:", width="stretch"):
        zoom = st.slider("Zoom", 1.0, 4.0, zoom, 0.1, key="crop_zoom", format="%.1f×")
        across = st.slider("From left to right", 0, 100, round(100 * centre[0]), key="crop_across", format="%d %%")
        down = st.slider("From top to bottom", 0, 100, round(100 * centre[1]), key="crop_down", format="%d %%")
    return Part(zoom, (across / 100, down / 100))


def from_sheet(name: str, epsilon: float, more: DeltaGenerator) -> Picture:
    """One click on the sheet picks; the number is the same choice, and stands in the URL."""
    data = compute.dataset(name)
    labels, classes = data.test.labels.numpy(), data.classes
    if st.session_state.pop("find", False):
        go_to_missed(name, epsilon)
    sheet = st.container()
    opening = min(state.opening().image, len(labels) - 1)
    with more:
        left, right = st.columns(2, wrap=False)
    shown = left.selectbox("On the sheet", [ALL_CLASSES, *classes], key="show", bind="query-params")
    index = int(right.number_input("Test image", 0, len(labels) - 1, opening, key="image", bind="query-params"))
    rows = np.arange(len(labels)) if shown == ALL_CLASSES else np.flatnonzero(labels == classes.index(shown))
    rows = rows[:ON_SHEET]
    position = np.flatnonzero(rows == index)

    def pick() -> None:
        st.session_state["image"] = int(rows[st.session_state["sheet"].picked])

    with sheet:
        contact_sheet(
            pictures.sprite(data.test.batch(torch.from_numpy(rows))[0].numpy(), SHEET_COLUMNS),
            [f"Test image {row}: {classes[labels[row]]}" for row in rows],
            columns=SHEET_COLUMNS,
            selected=int(position[0]) if len(position) else None,
            on_pick=pick,
            key="sheet",
            label="Pick an image to attack",
        )
    if compute.card(name).model.reverse_attention_blocks:
        more.button(
            "Find an image that PGD misses",
            icon=":material/search:",
            width="stretch",
            help="The next image on which PGD-40 on p' fails on the first model and the adaptive attack succeeds.",
            on_click=lambda: st.session_state.update(find=True),
        )
    return attacks.picture_of_test(name, index)


def go_to_missed(name: str, epsilon: float) -> None:
    """Moves on to the next image that only the adaptive attack breaks. Must run before the number is drawn."""
    current = int(st.session_state.get("image", 0))
    missed = attacks.missed_by_pgd(name, epsilon)
    for index in sorted(missed, key=lambda index: (index <= current, index)):
        # The random start differs between a batch and one image, so each is tried as the page will show it.
        plain, adaptive = attacks.pair(name, attacks.picture_of_test(name, index), epsilon, "Trying an image")
        if words.verdict(plain, adaptive, has_attention=True)[0] == "illusion":
            st.session_state["image"] = index
            return
    st.toast(f"On the first {attacks.SEARCHED} test images neither attack outdoes the other.")


def from_upload(name: str) -> Picture | None:
    """A person's own image, and what it shows."""
    if compute.card(name).image_shape[0] == 3 and st.toggle("Use the camera", key="camera"):
        file = st.camera_input("Your photograph", key="photograph")
    else:
        file = _file()
    if file is None:
        channels, height, width = compute.card(name).image_shape
        kind = "grey" if channels == 1 else "colour"
        st.caption(f"A part of it is reduced to {height} x {width} {kind} pixels, which is what these models take.")
        return None
    part = choose_part()
    classes = compute.card(name).classes
    picture = attacks.picture_of_upload(name, file.getvalue(), file.name, 0, part)
    help_text = "The true class. The first model's own guess is filled in."
    label = st.selectbox("It shows", classes, index=attacks.guess(name, picture), help=help_text)
    return replace(picture, label=classes.index(label))


def _file() -> UploadedFile | None:
    kinds = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"]
    return st.file_uploader("Your image", type=kinds, max_upload_size=64)
