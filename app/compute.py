"""Models and datasets, loaded once for all sessions, and the way to the queue."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ancra.checkpoints import Card, checkpoint_name, find_checkpoints, load_checkpoint
from ancra.data.digest import data_digest
from ancra.data.places import require_here
from ancra.data.settings import DataSettings
from ancra.environment import DEVICE, WORKERS
from ancra.errors import unknown_name
from ancra.store import Store
from app.access import is_public
from app.queueing import Job, Queue, Work, cores
from app.workers import Workers

if TYPE_CHECKING:  # importing torch takes seconds, and the first page needs no model
    from ancra.data.dataset import Dataset
    from ancra.models.classifier import Classifier


T = TypeVar("T")

MOST, MOST_PUBLIC = 256, 20
"""Computations that are unfinished at once, on a server of one's own and on a public one."""


@st.cache_resource(show_spinner=False)
def queue() -> Queue:
    """The one queue that all sessions share."""
    return Queue(most=MOST_PUBLIC if is_public() else MOST)


def owner() -> str | None:
    """Who asks, where each visitor is to have one computation at a time."""
    context = get_script_run_ctx() if is_public() else None
    return context.session_id if context else None


def store() -> Store:
    """The stored results; a public server adds none, so that visitors cannot fill its disk."""
    return Store(read_only=is_public())


@st.cache_resource(show_spinner=False)
def workers() -> Workers:
    """The processes that compute beside the pages: as many as things are computed at once. Raises AncraError."""
    return Workers(WORKERS.read(cores()))


@st.cache_resource(show_spinner=False)
def device() -> str:
    """Where what takes long is computed: traces, maps, features, statistics of strategies. Raises AncraError."""
    from ancra.device import resolve_device

    return str(resolve_device(DEVICE.read("auto")))


def on_device(work: Callable[[str], T]) -> T:
    """What ``work`` gives on that device; on the CPU where the device's memory is not enough."""
    from torch import OutOfMemoryError, cuda

    try:
        return work(device())
    except OutOfMemoryError:
        cuda.empty_cache()
        return work("cpu")


def ask(kind: str, key: tuple[Any, ...], work: Work, text: str) -> Any:
    """A result from memory or computed in the queue, with ``text`` and progress on the page while it takes long.

    Args:
        kind: what is computed ("trace").
        key: everything the result depends on: checkpoint digests, settings digests, indices. Never arrays or modules.
        work: computes it; gets a Progress to call with (done, total). It runs in another thread: no Streamlit in it.
        text: what the page says meanwhile ("Attacking the image").

    Raises:
        AncraError: the queue is full.
    """
    slot = st.empty()

    def on_wait(waiting: str, share: float | None) -> None:
        # Where the person has chosen something else or left, this raises, and the request is waited for no more.
        slot.progress(share or 0.0, text=waiting or f"{text} …")

    try:
        return queue().ask((kind, *key), work, on_wait, owner())
    finally:
        slot.empty()


def begin(kind: str, key: tuple[Any, ...], work: Work) -> Job:
    """As ``ask``, without waiting: a page looks at the job's ``future`` and ``progress`` whenever it likes.

    Keep the job until it is done: a computation that failed is begun anew by the next call.
    """
    return queue().begin((kind, *key), work, owner())


@st.cache_data(ttl=3, show_spinner=False)
def _looked() -> float:
    return time.monotonic()


def _found() -> dict[str, tuple[str, Card]]:
    return _found_at(_looked())


# As a resource: a page asks a hundred times, and copying all cards each time takes longer than the rest of it.
@st.cache_resource(max_entries=2, show_spinner=False)
def _found_at(looked: float) -> dict[str, tuple[str, Card]]:
    return {checkpoint_name(path): (str(path), card) for path, card in find_checkpoints()}


def checkpoints() -> dict[str, Card]:
    """The card of every checkpoint there is, by its name; read again every few seconds, so that new ones appear."""
    return {name: card for name, (_, card) in _found().items()}


def card(name: str) -> Card:
    """A checkpoint's card. Raises AncraError."""
    return _entry(name)[1]


def path(name: str) -> str:
    """A checkpoint's file. Raises AncraError."""
    return _entry(name)[0]


def _entry(name: str) -> tuple[str, Card]:
    found = _found()
    if name not in found:
        raise unknown_name("checkpoint", name, found)
    return found[name]


def model(name: str) -> "Classifier":
    """The classifier of a checkpoint in evaluation mode, loaded once for all sessions; never change it."""
    path, entry = _entry(name)
    return _model(path, entry.digest)


@st.cache_resource(max_entries=32, show_spinner="Loading a model …")
def _model(path: str, digest: str) -> "Classifier":
    # Parameters stay frozen for good: several threads attack the same model at once.
    return load_checkpoint(path)[0].requires_grad_(False)


def subject(name: str) -> tuple[str, str]:
    """The digests of a checkpoint and of its images as they are now, for keys. Raises AncraError: they are gone."""
    entry = card(name)
    return entry.digest, _images(entry.data.model_dump_json(), entry.data)


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
