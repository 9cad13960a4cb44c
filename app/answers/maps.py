"""The maps of checkpoints, from the store at once or made in the queue, and the scene that shows several."""

import threading
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ancra.errors import AncraError
from ancra.features import umap_engine
from ancra.features.comparison import scene_of
from ancra.features.map_making import model_map
from ancra.features.map_settings import ModelMapSettings, settle
from ancra.features.map_store import find_model_map
from ancra.features.model_map import ModelMap
from ancra.features.scene import Scene
from ancra.store import Store
from app import compute, state
from app.queueing import Progress

WARM_UP_AFTER = 10  # Seconds: not while the page that asks for it is still being drawn.


def maps_of(names: Sequence[str], settings: ModelMapSettings) -> dict[str, ModelMap]:
    """The maps of checkpoints by their titles, in order. Raises AncraError for models of different data."""
    require_one_dataset(names)
    return {title: _map(name, settings) for title, name in zip(titles_of(names), names, strict=True)}


def titles_of(names: Sequence[str]) -> list[str]:
    """The checkpoints' titles; one that two of them share is followed by the name."""
    titles = [state.title_of(name) for name in names]
    return [
        title if titles.count(title) == 1 else f"{title} ({name})" for title, name in zip(titles, names, strict=True)
    ]


def stored_map(name: str, settings: ModelMapSettings) -> ModelMap | None:
    """The map of a checkpoint if it is stored already."""
    return find_model_map(compute.card(name), settings, Store())


def scene(names: Sequence[str], settings: ModelMapSettings, maps: dict[str, ModelMap]) -> Scene:
    """The scene of these maps, made once for all sessions."""
    key = tuple((title, compute.card(name).digest) for title, name in zip(maps, names, strict=True))
    return _scene(key, settings.digest(), names[0], maps)


def require_one_dataset(names: Sequence[str]) -> None:
    """Raise AncraError for models that were trained on different images or classes."""
    for name in names[1:]:
        if name not in state.like(names[0]):
            first, other = compute.card(names[0]), compute.card(name)
            raise AncraError(
                f"{state.title_of(names[0])} ({first.dataset}) and {state.title_of(name)} ({other.dataset}) know "
                "different images or classes, so their maps cannot be compared: choose models of one dataset."
            )


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Let UMAP compile in the background, once a server, so that the first new map need not wait for it."""
    timer = threading.Timer(WARM_UP_AFTER, umap_engine.warm_up)
    timer.daemon = True
    timer.start()


def _map(name: str, settings: ModelMapSettings) -> ModelMap:
    found = stored_map(name, settings)
    if found is not None:
        return found
    path, card = Path(compute.path(name)), compute.card(name)

    def work(progress: Progress) -> ModelMap:
        return model_map(path, settings, on_progress=progress)

    key = (card.digest, settle(card, settings).digest())
    return compute.ask("map", key, work, f"Mapping what {state.title_of(name)} makes of the images")


@st.cache_resource(max_entries=24, show_spinner=False)
def _scene(key: tuple[tuple[str, str], ...], digest: str, _name: str, _maps: dict[str, ModelMap]) -> Scene:
    return scene_of(_maps, compute.dataset(_name))
