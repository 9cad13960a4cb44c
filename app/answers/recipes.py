"""Recipes to start from: the ones that come with the project, and those of runs; and how two of them differ."""

import json
from typing import Any

import streamlit as st
import yaml

from ancra.data.settings import DataSettings
from ancra.data.titles import dataset_title
from ancra.models.settings import ModelSettings
from ancra.recipe import Recipe, load_recipe, recipe_changes, recipe_names
from ancra.settings import apply_changes, number, parse
from ancra.text import epsilon_text
from ancra.uploads.images import ARCHIVE, images_folder
from ancra.uploads.receiving import file_name
from app.answers import runs

OF_RUN = "runs/"
"""What the name of a run's recipe starts with."""
FRACTIONS = ("attack.epsilon", "attack.step_size")
"""Settings that are written as the field writes them: 8/255."""
NETWORKS = {
    "small_resnet": "small ResNet",
    "strided_resnet": "small ResNet of stride 2",
    "resnet18": "ResNet-18",
    "resnet34": "ResNet-34",
    "resnet50": "ResNet-50",
    "vgg11": "VGG-11",
    "vgg13": "VGG-13",
    "vgg16": "VGG-16",
    "vgg19": "VGG-19",
    "preact_resnet18": "PreActResNet-18",
}


# As a resource: the list of titles asks for each, and copying all of them each time takes longer than the page.
@st.cache_resource(ttl=30, show_spinner=False)
def presets() -> dict[str, Recipe]:
    """The recipes that come with the project: digits first, which need no download."""
    names = sorted(recipe_names(), key=lambda name: (not name.startswith("digits-"), name))
    return {name: load_recipe(name) for name in names}


def recipe(name: str) -> Recipe:
    """A preset, or with ``runs/NAME`` the recipe of a run. Raises AncraError."""
    if name.startswith(OF_RUN):
        return runs.view(name.removeprefix(OF_RUN)).recipe
    return presets()[name] if name in presets() else load_recipe(name)


def title(name: str) -> str:
    """A recipe by the paper's name, with what it trains on; for a run's, the run."""
    if name.startswith(OF_RUN):
        return f"Copy of {runs.titles().get(name.removeprefix(OF_RUN), name)}"
    one = presets()[name]
    network = "" if one.model.architecture in {"small_resnet", "strided_resnet"} else f", {network_title(one.model)}"
    return f"{one.title} · {data_title(one.data)}{network}"


def data_title(data: DataSettings) -> str:
    """A dataset for people; a folder of images by its own name."""
    if data.name == "image_folder" and data.root is not None:
        return uploaded(data) or data.root.name
    return dataset_title(data.name)


def uploaded(data: DataSettings) -> str | None:
    """The name of the uploaded image set that these settings read; None for other data."""
    root = data.root
    inside = root is not None and root.name == ARCHIVE and root.parent.parent == images_folder()
    return root.parent.name if root is not None and inside else None


def network_title(model: ModelSettings) -> str:
    """An architecture as papers write it."""
    if model.architecture == "wide_resnet":
        return f"WRN-{model.depth or 34}-{model.widen_factor or 10}"
    return NETWORKS.get(model.architecture, model.architecture)


def named(base: Recipe, changed: Recipe) -> Recipe:
    """The changed recipe under its own name where it trains on other data, which the old name would deny."""
    if changed.data == base.data:
        return changed
    name = file_name(f"{data_title(changed.data)} {changed.title}", base.name)
    return changed.with_changes(name=name, description=f"{base.name}, on other data.")


def arguments(base: Recipe, changed: Recipe) -> list[str]:
    """The changes as the command line's ``--set`` takes them, ``path=value``."""
    found = recipe_changes(base, changed)
    return [
        f"{path}={fraction(new) if path in FRACTIONS and new is not None else _as_yaml(new)}"
        for path, (_, new) in found.items()
    ]


def with_arguments(base: Recipe, given: list[str]) -> Recipe:
    """A recipe with such changes. Raises AncraError."""
    return parse(Recipe, apply_changes(base.model_dump(mode="json"), given), source="The link's settings")


def fraction(value: float) -> str:
    """A size in pixel values as the field writes it, and exactly: ``8/255``, ``0.007``."""
    text = epsilon_text(value)
    return text if float(number(text)) == value else repr(value)


def _as_yaml(value: Any) -> str:
    return value if isinstance(value, str) and yaml.safe_load(value) == value else json.dumps(value)
