"""What a weight file does not say: its network where none was recognised, its images, normalisation and attention."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ancra import limits
from ancra.data.settings import DataSettings
from ancra.environment import PLUGINS
from ancra.models.recognition import Recognised
from ancra.models.settings import ModelSettings
from ancra.models.sources import torchvision_names
from ancra.uploads.checkpoints import Answers, numbered
from app import compute
from app.access import is_public
from app.answers import uploads
from app.answers.uploads import Added, Unrecognised
from app.parts.press import pressed

ATTENTION = {0: "None", 1: "In the last block", 2: "In the last two blocks, as published"}
# The usual statistics of the training images, as most published code subtracts and divides.
NORMALISATIONS = {
    "None: pixels from 0 to 1": None,
    "CIFAR-10": ((0.4914, 0.4822, 0.4465), (0.2471, 0.2435, 0.2616)),
    "CIFAR-100": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
    "ImageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "-1 to 1": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}
COLOURS = {"Colour": 3, "Grey": 1}
WITHOUT = "No images: I say classes and size"


@dataclass(frozen=True)
class Described:
    """A model as a person has described it."""

    title: str
    model: ModelSettings
    images: DataSettings | Answers


def describe(found: Recognised | Unrecognised, name: str) -> Described | None:
    """Widgets for all of it; None while something is missing. Raises AncraError for a name that means nothing."""
    title = st.text_input("Title", name, max_chars=80, key="weights_title")
    settings = found.settings if isinstance(found, Recognised) else _network()
    images = _images(found.channels, found.classes)
    if settings is None or images is None:
        return None
    blocks = 0
    if ":" not in settings.architecture and not settings.architecture.startswith("vgg"):
        blocks = st.selectbox(
            "Reverse attention",
            list(ATTENTION),
            format_func=ATTENTION.__getitem__,
            key="weights_attention",
            help="ANCRA's models have it in the last two blocks. It adds no weights, so the file cannot tell.",
        )
    known = (settings.mean, settings.std)
    fitting = {each: values for each, values in NORMALISATIONS.items() if values is None or found.channels == 3}
    normalisations = fitting if known[0] is None else {"As the file says": known}
    kind = st.selectbox(
        "Normalisation inside the model",
        list(normalisations),
        key="weights_norm",
        help="What its training subtracted from images and divided them by. A wrong one spoils the accuracy.",
    )
    mean, std = normalisations[kind] or (None, None)
    return Described(title, settings.with_changes(reverse_attention_blocks=blocks, mean=mean, std=std), images)


def network_of_plugin(say: Callable[[Added], None]) -> None:
    """A model that a plugin's function gives with its weights; not on a public server, where no such code is run."""
    if is_public():
        return
    with st.expander("From a plugin's function", icon=":material/code:"):
        st.caption(
            f"A file in the workspace's folder `plugins`, or a module that `{PLUGINS.name}` names, has a function "
            "that gives a torch module, images in [0, 1] → logits, with the weights that it is to have."
        )
        name = st.text_input("Function", placeholder="my_module:make", key="plugin_function")
        left, right = st.columns(2)
        channels = COLOURS[left.selectbox("Images", list(COLOURS), key="plugin_channels")]
        classes = int(right.number_input("Classes", 2, 10_000, 10, key="plugin_count"))
        images = _images(channels, classes, "plugin")
        if pressed("Add this network", key="add_network", disabled=not name or images is None):
            assert images is not None
            st.session_state["added_network"] = uploads.add_network(name, ModelSettings(architecture=name), images)
            compute.look_again()
        if added := st.session_state.get("added_network"):
            say(added)


def _network() -> ModelSettings | None:
    from ancra.models.registry import MODELS

    names = [*(f"torchvision:{name}" for name in torchvision_names()), *MODELS]
    name = st.selectbox(
        "Network",
        names,
        index=None,
        accept_new_options=True,
        key="weights_network",
        placeholder="torchvision:resnet50, timm:convnext_tiny, my_module:make",
        help="Choose one, or type a name: timm's networks as timm:NAME, a plugin's function as module:function.",
    )
    return None if name is None else ModelSettings(architecture=name)


def _images(channels: int, classes: int, prefix: str = "weights") -> DataSettings | Answers | None:
    """The images that fit, or the names of the classes and the size; None while these do not fit."""
    sets = uploads.fitting(channels, classes)
    chosen = st.selectbox(
        "Images to measure it on",
        [*sets, WITHOUT],
        key=f"{prefix}_data",
        help=f"Those here with {classes} classes of such images. They give the names of the classes and the size.",
    )
    if chosen != WITHOUT:
        return sets[chosen]
    st.caption("It can be attacked with images that you upload; accuracies and maps need a set of images.")
    side = int(
        st.number_input(
            "Side of its images in pixels", 8, limits.IMAGE_SIDE, 32 if classes < 1000 else 224, key=f"{prefix}_side"
        )
    )
    typed = st.text_area("Names of the classes, one a line (empty for numbers)", key=f"{prefix}_classes", height=100)
    names = [name.strip() for name in typed.splitlines() if name.strip()]
    if names and len(names) != classes:
        st.warning(f"{len(names)} names are given for {classes} classes.", icon=":material/warning:")
        return None
    return Answers(tuple(names) or numbered(classes), (channels, side, side))
