"""What people send: checkpoints, bare weights and images; checked in the queue, kept once."""

import io
from collections.abc import Callable, Sequence
from typing import TypeVar, cast
from uuid import uuid4

import streamlit as st

from ancra.arrays import FloatArray
from ancra.checkpoints import Card, checkpoint_name
from ancra.data.places import place_of
from ancra.data.registry import dataset_names, fixed_images, load_dataset
from ancra.data.settings import DataSettings
from ancra.data.titles import DATASET_TITLES
from ancra.models.recognition import Recognised
from ancra.models.settings import ModelSettings
from ancra.uploads import checkpoints, images
from ancra.uploads.checkpoints import Added, Answers, Unrecognised
from ancra.uploads.images import ImageSet
from app import compute
from app.access import changing
from app.work import Progress

T = TypeVar("T")


@changing
def take(content: bytes, filename: str) -> Added | Recognised | Unrecognised:
    """Take in a checkpoint of this program, or say what a weight file holds. Raises AncraError."""
    return _once(lambda _: checkpoints.take(io.BytesIO(content), filename), "Looking at the file")


@changing
def add_weights(
    content: bytes, filename: str, title: str, model: ModelSettings, images: DataSettings | Answers
) -> Added:
    """Take in bare weights, as a checkpoint. Raises AncraError."""
    return _once(
        lambda _: checkpoints.add_weights(io.BytesIO(content), filename, title, model, images), "Checking the weights"
    )


@changing
def add_network(title: str, model: ModelSettings, images: DataSettings | Answers) -> Added:
    """Take in what a plugin's function gives, as a checkpoint. Raises AncraError."""
    name = model.architecture.partition(":")[2]
    return _once(lambda _: checkpoints.add_network(name, title, model, images), "Building the network")


def fitting(channels: int, classes: int) -> dict[str, DataSettings]:
    """The images on this machine that a model of so many channels and classes can be measured on, by their titles."""
    found = {f"{one.name} (your images)": one.data for one in images.image_sets() if len(one.train) == classes}
    for name, title in DATASET_TITLES.items():
        fixed = fixed_images(name)
        place = place_of(DataSettings(name=name))
        if fixed is not None and (fixed[0][0], fixed[1]) == (channels, classes) and place is not None and place.here:
            found[title] = DataSettings(name=name)
    for name in dataset_names():
        if name not in DATASET_TITLES:
            found[name] = DataSettings(name=name)  # a plugin's own, which says what it is when it is loaded
    return found


@changing
def add_images(content: bytes, filename: str) -> tuple[ImageSet, bool]:
    """Take in images; gives the set, and whether it was there before. Raises AncraError."""
    return _once(
        lambda progress: images.add_images(io.BytesIO(content), filename, progress), "Looking through the images"
    )


def models() -> dict[str, Card]:
    """The cards of the uploaded models by name."""
    return {checkpoint_name(path): card for path, card in checkpoints.uploaded_checkpoints()}


@changing
def delete_model(name: str) -> None:
    """Remove an uploaded model. Raises AncraError."""
    checkpoints.delete_checkpoint(name)
    compute.look_again()  # the lists of models follow at once


def image_sets() -> Sequence[ImageSet]:
    """The uploaded image sets."""
    return images.image_sets()


@changing
def delete_images(name: str) -> None:
    """Remove an uploaded image set. Raises AncraError."""
    images.delete_images(name)


@st.cache_data(max_entries=16, show_spinner="Loading the images …")
def preview(name: str, digest: str, per_class: int, most: int) -> dict[str, FloatArray]:
    """The first images of the first classes, (n, C, H, W) in [0, 1] by class, as a model sees them. Raises AncraError.

    Args:
        digest: of the set, so that another one of the same name is loaded anew.
        per_class: how many images of a class. most: how many classes.
    """
    data = load_dataset(images.image_set(name).data)
    rows = {title: (data.train.labels == label).nonzero().flatten() for label, title in enumerate(data.classes[:most])}
    return {title: data.train.batch(found[:per_class])[0].numpy() for title, found in rows.items()}


def _once(work: Callable[[Progress], T], text: str) -> T:
    # A person may delete what came in and send it again: no result of an earlier time counts.
    return cast(T, compute.ask_here("upload", (uuid4().hex,), work, text))
