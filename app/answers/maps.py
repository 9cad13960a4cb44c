"""The maps of checkpoints, from the store at once or made in the queue, and the scene that shows several."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ancra.errors import AncraError
from ancra.features.settings import with_epsilon
from ancra.features.store import data_digest
from ancra.maps.aligned import aligned_maps, find_aligned_maps
from ancra.maps.inputs import mapped_features
from ancra.maps.making import model_map, preview_map
from ancra.maps.model_map import ModelMap
from ancra.maps.placement import Placed, place_image
from ancra.maps.settings import ModelMapSettings, settle
from ancra.maps.store import find_model_map
from ancra.scenes.of_models import scene_of
from ancra.scenes.scene import Scene
from ancra.store import Store
from app import compute
from app.answers.attacks import Picture
from app.answers.models import like, title_of
from app.queueing import Job, Progress, Work

Key = tuple[str, ...]


@dataclass(frozen=True)
class Maps:
    """Maps by the models' titles, in order.

    Attributes:
        shown: the maps; principal components where the layout is still being made.
        jobs: what is being made, by title.
    """

    shown: dict[str, ModelMap]
    jobs: dict[str, Job]


def in_space(settings: ModelMapSettings) -> ModelMapSettings:
    """The same map in three dimensions."""
    settings = alone(settings)
    return settings.model_copy(update={"layout": settings.layout.with_changes(dimensions=3)})


def maps_of(names: Sequence[str], settings: ModelMapSettings, place: str = "map_jobs") -> Maps:
    """The maps of checkpoints: stored ones at once, of others the principal components while they are laid out.

    Args:
        place: where the session holds what is being made; one for each part of the page.

    Raises:
        AncraError: models of different data, or features that cannot be mapped.
    """
    require_one_dataset(names)
    titles = dict(zip(titles_of(names), names, strict=True))
    aligned = settings.layout.method == "aligned_umap" and len(names) > 1
    settings = settings if aligned else alone(settings)
    found = _stored_together(names, settings) if aligned else {t: stored_map(n, settings) for t, n in titles.items()}
    ready = {title: one for title, one in found.items() if one is not None}
    missing = {title: name for title, name in titles.items() if title not in ready}
    previews = {title: _preview(name, settings) for title, name in missing.items()}
    if aligned and missing:
        begun = dict.fromkeys(missing, _begin_together(names, settings))
    else:
        begun = {title: _begin(name, settings) for title, name in missing.items()}
    jobs = _held(begun, place)
    for title in [title for title, job in jobs.items() if job.future.done()]:
        result = jobs.pop(title).future.result()
        ready[title] = result[title] if aligned else result
    return Maps({title: ready.get(title) or previews[title] for title in titles}, jobs)


def titles_of(names: Sequence[str]) -> list[str]:
    """The checkpoints' titles; one that two of them share is followed by the name."""
    titles = [title_of(name) for name in names]
    return [
        title if titles.count(title) == 1 else f"{title} ({name})" for title, name in zip(titles, names, strict=True)
    ]


def stored_map(name: str, settings: ModelMapSettings) -> ModelMap | None:
    """The map of a checkpoint if it is stored already."""
    return find_model_map(compute.card(name), alone(settings), Store())


def scene(names: Sequence[str], settings: ModelMapSettings, maps: dict[str, ModelMap]) -> Scene:
    """The scene of these maps, made once for all sessions."""
    key = tuple(
        (title, compute.card(name).digest, one.engine) for (title, one), name in zip(maps.items(), names, strict=True)
    )
    return _scene(key, settings.digest(), names[0], maps)


def placed(name: str, settings: ModelMapSettings, shown: ModelMap, picture: Picture) -> Placed:
    """Where an image and the steps of the attack on it (PGD-10 when the page has none) lie on a checkpoint's map."""
    path, card, model = Path(compute.path(name)), compute.card(name), compute.model(name)
    settings = settle(card, alone(settings))
    way = settings.features if settings.features.attack != "natural" else settings.features.with_changes(attack="pgd10")

    def work(progress: Progress) -> Placed:
        mapped = mapped_features(path, settings, Store(), on_progress=progress)
        return place_image(model, picture.image, picture.label, mapped, shown, with_epsilon(way, card))

    key = (*_key(name, settings), shown.engine, hashlib.sha256(shown.positions.tobytes()).hexdigest(), picture.digest())
    return compute.ask("map-placed", key, work, f"Attacking the image on {title_of(name)}")


def get_ready(names: Sequence[str]) -> None:
    """Make the scene that the page opens on, if its maps are stored, before the first person asks for it."""
    settings = ModelMapSettings()
    found = [stored_map(name, settings) for name in names]
    maps = {title: one for title, one in zip(titles_of(names), found, strict=True) if one is not None}
    if len(maps) == len(names):
        require_one_dataset(names)
        assert scene(names, settings, maps).payload


def require_one_dataset(names: Sequence[str]) -> None:
    """Raise AncraError for models that were trained on different images or classes."""
    for name in names[1:]:
        if name not in like(names[0]):
            first, other = compute.card(names[0]), compute.card(name)
            raise AncraError(
                f"{title_of(names[0])} ({first.dataset}) and {title_of(name)} ({other.dataset}) know "
                "different images or classes, so their maps cannot be compared: choose models of one dataset."
            )


def alone(settings: ModelMapSettings) -> ModelMapSettings:
    """One model has nothing to be aligned with."""
    if settings.layout.method != "aligned_umap":
        return settings
    return settings.model_copy(update={"layout": settings.layout.with_changes(method="umap")})


def _held(begun: dict[str, tuple[Key, Work]], place: str) -> dict[str, Job]:
    """The jobs of this session, held until they are done: so a failure is told instead of tried again for ever."""
    held: dict[Key, Job] = st.session_state.get(place, {})
    jobs = {key: held.get(key) or compute.begin("map", key, work) for key, work in begun.values()}
    st.session_state[place] = {key: job for key, job in jobs.items() if not job.future.done()}
    return {title: jobs[key] for title, (key, _) in begun.items()}


def _preview(name: str, settings: ModelMapSettings) -> ModelMap:
    path = Path(compute.path(name))

    def work(progress: Progress) -> ModelMap:
        return preview_map(path, settings, on_progress=progress)

    return compute.ask("map-preview", _key(name, settings), work, f"Reading the features of {title_of(name)}")


def _stored_together(names: Sequence[str], settings: ModelMapSettings) -> dict[str, ModelMap]:
    found = find_aligned_maps([compute.card(name) for name in names], settings, Store())
    return {} if found is None else dict(zip(titles_of(names), found, strict=True))


def _begin_together(names: Sequence[str], settings: ModelMapSettings) -> tuple[Key, Work]:
    paths, titles = [Path(compute.path(name)) for name in names], titles_of(names)

    def work(progress: Progress) -> dict[str, ModelMap]:
        return dict(zip(titles, aligned_maps(paths, settings, on_progress=progress), strict=True))

    return tuple(part for name in names for part in _key(name, settings)), work


def _begin(name: str, settings: ModelMapSettings) -> tuple[Key, Work]:
    path = Path(compute.path(name))
    return _key(name, settings), lambda progress: model_map(path, settings, on_progress=progress)


def _key(name: str, settings: ModelMapSettings) -> Key:
    card = compute.card(name)
    return card.digest, data_digest(card), settle(card, settings).digest()


@st.cache_resource(max_entries=24, show_spinner=False)
def _scene(key: tuple[tuple[str, ...], ...], digest: str, _name: str, _maps: dict[str, ModelMap]) -> Scene:
    return scene_of(_maps, compute.dataset(_name))
