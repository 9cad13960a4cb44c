"""The maps of checkpoints, from the store at once or made in the queue, and the scene that shows several."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ancra.attacks.suite import NATURAL
from ancra.checkpoints import Card
from ancra.data.places import require_here
from ancra.data.settings import DataSettings
from ancra.data.titles import dataset_title
from ancra.errors import AncraError
from ancra.features.images import Images, data_of, load_images
from ancra.features.settings import FeatureSettings
from ancra.maps.aligned import find_aligned_maps
from ancra.maps.model_map import ModelMap
from ancra.maps.placement import ImageTrajectory
from ancra.maps.settings import ModelMapSettings, ResolvedMap, resolve
from ancra.maps.store import find_model_map
from ancra.origin import Origin
from ancra.scenes.of_models import scene_of
from ancra.scenes.origin import map_origin
from ancra.scenes.scene import Scene
from app import compute
from app.answers.attacks import Picture
from app.answers.models import like, title_of
from app.engine.kinds.maps import Placed
from app.engine.request import Request
from app.queueing import Job

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
    return settings.model_copy(update={"layout": settings.layout.with_changes(dimensions=3, method="umap")})


def resolved(name: str, settings: ModelMapSettings, aligned: bool = False) -> ResolvedMap:
    """What a checkpoint's map is made with."""
    return resolve(compute.card(name), settings, aligned)


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
    asked = {name: resolved(name, settings, aligned) for name in names}
    stored = _stored_together(asked) if aligned else {title: _stored(n, asked[n]) for title, n in titles.items()}
    ready = {title: one for title, one in stored.items() if one is not None}
    missing = {title: name for title, name in titles.items() if title not in ready}
    previews = {title: _preview(name, asked[name]) for title, name in missing.items()}
    if aligned and missing:
        begun = dict.fromkeys(missing, _together(asked))
    else:
        begun = {
            title: (compute.request("map", name, asked[name]), map_key(name, asked[name]))
            for title, name in missing.items()
        }
    jobs = _held(begun, place)
    for title in [title for title, job in jobs.items() if job.future.done()]:
        result = jobs.pop(title).future.result()
        ready[title] = result[[*titles].index(title)] if aligned else result
    return Maps({title: ready.get(title) or previews[title] for title in titles}, jobs)


def titles_of(names: Sequence[str]) -> list[str]:
    """The checkpoints' titles; one that two of them share is followed by the name."""
    titles = [title_of(name) for name in names]
    return [
        title if titles.count(title) == 1 else f"{title} ({name})" for title, name in zip(titles, names, strict=True)
    ]


def stored_map(name: str, settings: ModelMapSettings) -> ModelMap | None:
    """The map of a checkpoint if it is stored already."""
    return _stored(name, resolved(name, settings))


def scene(names: Sequence[str], settings: ModelMapSettings, maps: dict[str, ModelMap]) -> Scene:
    """The scene of these maps, made once for all sessions."""
    key = tuple(
        (title, *map_key(name, one.settings), one.engine, str(one.elsewhere))
        for (title, one), name in zip(maps.items(), names, strict=True)
    )
    return _scene(key, settings.digest(), names[0], maps, settings)


def origin(names: Sequence[str], settings: ModelMapSettings, colour: str, live: bool | None = None) -> Origin:
    """Where a file of these maps is from; ``live`` as for ``map_origin``."""
    return map_origin([Path(compute.path(name)) for name in names], settings, colour, live=live)


def image_trajectory(name: str, settings: ModelMapSettings, shown: ModelMap, picture: Picture) -> ImageTrajectory:
    """Where an image and the steps of the attack on it (PGD-10 when the page has none) lie on a checkpoint's map."""
    asked = resolved(name, settings)
    require_images(name, asked)
    attacked = asked.features
    if attacked.attack == NATURAL:
        features = settings.features.with_changes(attack="pgd10")
        attacked = resolved(name, settings.model_copy(update={"features": features})).features

    wanted = compute.request("map-placed", name, asked, Placed(picture.image, picture.label, shown, attacked))
    key = (*map_key(name, asked), shown.engine, hashlib.sha256(shown.positions.tobytes()).hexdigest(), picture.digest())
    return compute.ask(wanted, key, f"Attacking the image on {title_of(name)}")


def walks(names: Sequence[str], maps: dict[str, ModelMap]) -> dict[str, Any]:
    """What an exported page of these maps needs to attack their images. Raises AncraError: no browser can."""
    key = tuple(
        part
        for name, one in zip(names, maps.values(), strict=True)
        for part in (*map_key(name, one.settings), hashlib.sha256(one.positions.tobytes()).hexdigest())
    )
    paths = tuple(compute.path(name) for name in names)
    return compute.ask(compute.request("map-walks", names[0], paths, maps), key, "Making the networks ready")


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
                f"{title_of(names[0])} ({dataset_title(first.data.images)}) and "
                f"{title_of(name)} ({dataset_title(other.data.images)}) know different images or classes, so their "
                "maps cannot be compared: choose models of one dataset."
            )


def _held(begun: dict[str, tuple[Request, Key]], place: str) -> dict[str, Job]:
    """The jobs of this session, held until they are done: so a failure is told instead of tried again for ever."""
    held: dict[Key, Job] = st.session_state.get(place, {})
    jobs = {key: held.get(key) or compute.begin(asked, key) for asked, key in begun.values()}
    st.session_state[place] = {key: job for key, job in jobs.items() if not job.future.done()}
    return {title: jobs[key] for title, (_, key) in begun.items()}


def _stored(name: str, asked: ResolvedMap) -> ModelMap | None:
    images = compute.images_digest(_data(name, asked))
    return find_model_map(compute.card(name), asked, compute.store(), images=images)


def _preview(name: str, asked: ResolvedMap) -> ModelMap:
    require_images(name, asked)
    wanted = compute.request("map-preview", name, asked)
    return compute.ask(wanted, map_key(name, asked), f"Reading the features of {title_of(name)}")


def _stored_together(asked: Mapping[str, ResolvedMap]) -> dict[str, ModelMap]:
    found = find_aligned_maps([compute.card(name) for name in asked], [*asked.values()], compute.store())
    return {} if found is None else dict(zip(titles_of([*asked]), found, strict=True))


def _together(asked: Mapping[str, ResolvedMap]) -> tuple[Request, Key]:
    paths, first = tuple(compute.path(name) for name in asked), next(iter(asked))
    key = tuple(part for name, each in asked.items() for part in map_key(name, each))
    return compute.request("maps-together", first, (*asked.values(),), paths), key


def map_key(name: str, asked: ResolvedMap) -> Key:
    """What names a checkpoint's map in memory."""
    return compute.card(name).digest, compute.images_digest(_data(name, asked)), asked.digest()


def images_of(name: str, settings: ModelMapSettings) -> Images:
    """The images that a checkpoint's map is of. Raises AncraError."""
    if settings.features.folder is None:
        return Images(compute.dataset(name))
    card = compute.card(name)
    return _folder(card.digest, compute.images_digest(data_of(card, settings.features)), card, settings.features)


def require_images(name: str, asked: ResolvedMap) -> None:
    """Raise AncraError when the images of a checkpoint's map would have to be fetched first."""
    require_here(_data(name, asked))


def _data(name: str, asked: ResolvedMap) -> DataSettings:
    return data_of(compute.card(name), asked.features)


@st.cache_resource(max_entries=4, show_spinner="Loading the images …")
def _folder(digest: str, images: str, _card: Card, _settings: FeatureSettings) -> Images:
    return load_images(_card, _settings)


@st.cache_resource(max_entries=24, show_spinner=False)
def _scene(
    key: tuple[tuple[str, ...], ...], digest: str, _name: str, _maps: dict[str, ModelMap], _settings: ModelMapSettings
) -> Scene:
    elsewhere = any(one.elsewhere for one in _maps.values())
    return scene_of(_maps, None if elsewhere else images_of(_name, _settings))
