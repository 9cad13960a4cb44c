"""Checkpoints and datasets, looked up once for all sessions, and the way to the engine through the queue."""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ancra.checkpoints import Card, checkpoint_name, find_checkpoints
from ancra.data.digest import data_digest
from ancra.data.places import require_here
from ancra.data.settings import DataSettings
from ancra.environment import DEVICE, ENGINE, WORKERS
from ancra.errors import unknown_name
from ancra.store import Store
from app.access import is_public
from app.engine.processes import Processes, cores
from app.engine.request import Engine, Request, Source
from app.queueing import Job, Queue
from app.turns import turns
from app.work import Batched, Progress, Work

if TYPE_CHECKING:  # importing torch takes seconds, and the first page needs no model
    from ancra.data.dataset import Dataset


ASKED = "asked_place"
MOST, MOST_PUBLIC = 256, 20
"""Computations that are unfinished at once, on a server of one's own and on a public one."""


@st.cache_resource(show_spinner=False)
def queue() -> Queue:
    """The one queue that all sessions share. Raises AncraError as ``engine``."""
    return Queue(engine().at_once, most=MOST_PUBLIC if is_public() else MOST, idle=turns().waiting)


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """What computes for all sessions: a process for each GPU, or one or two on the CPU; or Ray Serve.

    Raises:
        AncraError: there is no such device, or Ray does not serve.
    """
    if ENGINE.read("processes") == "ray":
        from app.engine.ray_serve import RayServe

        return RayServe(DEVICE.read("auto"))
    devices = _devices(DEVICE.read("auto"))
    count = WORKERS.read(len(devices))
    return Processes([devices[each % len(devices)] for each in range(count)], here=devices[0])


def _devices(name: str) -> list[str]:
    """All GPUs of a kind where no one of them is meant; of the CPU as many as there are to be processes."""
    import torch

    from ancra.device import resolve_device

    device = resolve_device(name)
    if device.type == "cpu":
        return ["cpu"] * cores()
    several = device.type == "cuda" and device.index is None
    return [f"cuda:{each}" for each in range(torch.cuda.device_count())] if several else [str(device)]


@dataclass
class _Remark:
    """What is to be said of where the last computation ran."""

    text: str | None = None


@st.cache_resource(show_spinner=False)
def _remark() -> _Remark:
    return _Remark()


def say_in(place: DeltaGenerator) -> None:
    """Say there what is waited for: in a place of its own, where words come and go without moving anything."""
    st.session_state[ASKED] = place


def where() -> str:
    """Where this server computes, and whether that was enough, in a sentence or two. Raises AncraError."""
    said = f"Computed on {engine().place}."
    return f"{said} {_remark().text}" if _remark().text else said


def owner() -> str | None:
    """Who asks, where each visitor is to have one computation at a time."""
    context = get_script_run_ctx() if is_public() else None
    return context.session_id if context else None


def store() -> Store:
    """The stored results; a public server adds none, so that visitors cannot fill its disk."""
    return Store(read_only=is_public())


def request(
    what: str, name: str, settings: Any = None, item: Any = None, alike: Hashable = None, most: int = 1
) -> Request:
    """A request of a checkpoint by its name; see ``Request``. Raises AncraError."""
    return Request(what, source(name), settings, item, alike, most, read_only=is_public())


def ask(asked: Request, key: tuple[Any, ...], text: str) -> Any:
    """The answer to a request, from memory or computed, with ``text`` and progress on the page while it takes long.

    ``app/components/waiting.py`` shows them in the place of the result.

    Args:
        key: everything the result depends on: checkpoint digests, settings digests, indices. Never arrays or modules.
        text: what the page says meanwhile ("Attacking the image").

    Raises:
        AncraError: the queue is full; or what ``Engine.run`` raises.
    """
    return ask_all([(asked, key)], text)[0]


def ask_all(asked: Sequence[tuple[Request, tuple[Any, ...]]], text: str) -> list[Any]:
    """As ``ask`` for several requests with their keys, which wait at the same time."""
    return _asked([((each.what, *key), _work(each)) for each, key in asked], text)


def begin(asked: Request, key: tuple[Any, ...], stop: threading.Event | None = None) -> Job:
    """As ``ask``, without waiting: a page looks at the job's ``future`` and ``progress`` whenever it likes.

    Keep the job until it is done: a computation that failed is begun anew by the next call.

    Args:
        stop: set it to have what there is by then, of work that can be ended early.
    """
    return begin_here(asked.what, key, _work(asked, stop))


def recall(what: str, key: tuple[Any, ...], find: Callable[[], Any | None]) -> Any | None:
    """What is in memory under a key, or what ``find`` gives, kept in memory; nobody waits in the queue for it."""
    return queue().recall((what, *key), find)


def ask_here(kind: str, key: tuple[Any, ...], work: Work, text: str) -> Any:
    """As ``ask``, for what the server does itself: taking in what people send. No Streamlit in ``work``."""
    return _asked([((kind, *key), work)], text)[0]


def begin_here(kind: str, key: tuple[Any, ...], work: Work) -> Job:
    """As ``begin``, for what the server does itself: fetching images, counting them. No Streamlit in ``work``."""
    return queue().begin((kind, *key), work, owner())


def _asked(works: Sequence[tuple[Hashable, Work]], text: str) -> list[Any]:
    slot: DeltaGenerator | None = None

    def on_wait(waiting: str, share: float | None) -> None:
        # Where the person has chosen something else or left, this raises, and the request is waited for no more.
        nonlocal slot
        far = f" {share:.0%}" if share else ""
        slot = slot or _saying()
        slot.html(f'<span class="ancra-asked">{escape(waiting or f"{text} …{far}")}</span>')

    try:
        return queue().ask_all(works, on_wait, owner())
    finally:
        if slot is not None:
            slot.empty()


def _saying() -> DeltaGenerator:
    """Where words go; here, where a fragment may not write to their own place."""
    with suppress(StreamlitAPIException, KeyError):
        place: DeltaGenerator = st.session_state[ASKED]
        place.empty()
        return place
    return st.empty()


def _work(asked: Request, stop: threading.Event | None = None) -> Work:
    def run(items: Sequence[Any], progress: Progress) -> Sequence[Any]:
        answer = engine().run(asked, items, progress, stop)
        _remark().text = answer.remark
        return answer.results

    if asked.alike is None:
        return lambda progress: run([asked.item], progress)[0]
    return Batched(asked.group, asked.item, run, asked.most)


@dataclass(frozen=True)
class _Found:
    """The checkpoints that there are: the card and the file of each, by its name."""

    cards: Mapping[str, Card]
    paths: Mapping[str, str]


# As a resource and without arguments: a page asks a hundred times, and each copy or key costs more than the answer.
@st.cache_resource(ttl=3, show_spinner=False)
def _found() -> _Found:
    found = {checkpoint_name(path): (str(path), card) for path, card in find_checkpoints()}
    return _Found({name: card for name, (_, card) in found.items()}, {name: path for name, (path, _) in found.items()})


def look_again() -> None:
    """Have what there is read again: something was added or removed, and lists are to follow at once."""
    _found.clear()
    st.cache_data.clear()


def checkpoints() -> Mapping[str, Card]:
    """The card of every checkpoint there is, by its name; read again every few seconds, so that new ones appear."""
    return _found().cards


def card(name: str) -> Card:
    """A checkpoint's card. Raises AncraError."""
    cards = _found().cards
    if name not in cards:
        raise unknown_name("checkpoint", name, cards)
    return cards[name]


def path(name: str) -> str:
    """A checkpoint's file. Raises AncraError."""
    card(name)
    return _found().paths[name]


def source(name: str) -> Source:
    """A checkpoint as the engine is told of it. Raises AncraError."""
    return Source(path(name), card(name).digest)


def subject(name: str) -> tuple[str, str]:
    """The digests of a checkpoint and of its images as they are now, for keys. Raises AncraError: they are gone."""
    entry = card(name)
    return entry.digest, images_digest(entry.data)


def images_digest(data: DataSettings) -> str:
    """What names these images as they are now, looked up every few seconds. Raises AncraError: they are gone."""
    return _images(data.model_dump_json(), data)


@st.cache_data(ttl=3, show_spinner=False)
def _images(text: str, _settings: DataSettings) -> str:
    return data_digest(_settings)


def dataset(name: str) -> "Dataset":
    """The dataset that a checkpoint was trained on, as it is now. Raises AncraError."""
    return _dataset(subject(name)[1], card(name).data)


def require_images(name: str) -> None:
    """Raise AncraError when the images of a checkpoint would have to be fetched first."""
    require_here(card(name).data)


@st.cache_resource(max_entries=8, show_spinner="Loading the images …")
def _dataset(images: str, _settings: DataSettings) -> "Dataset":
    from ancra.data.registry import load_dataset

    require_here(_settings)  # a page never fetches what nobody asked for
    return load_dataset(_settings)
