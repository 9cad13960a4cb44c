"""The images of a model's dataset: whether they are on this machine, and fetching them for all sessions."""

from dataclasses import dataclass, field
from threading import Event

import streamlit as st

from ancra.data.places import Place, get, place_of
from ancra.errors import AncraError
from app import compute
from app.access import changing
from app.queueing import Job
from app.work import Progress


@dataclass
class Fetch:
    """One download, which every session sees.

    Attributes:
        job: done when the images are there, or could not be had.
        stop: set when somebody has asked for it to end.
    """

    job: Job
    stop: Event = field(default_factory=Event)


@st.cache_resource(show_spinner=False)
def _fetches() -> dict[str, Fetch]:
    return {}


def missing(name: str) -> Place | None:
    """Where the images of a checkpoint belong when they are not on this machine; None when they are."""
    place = place_of(compute.card(name).data)
    return None if place is None or place.here else place


def fetch_of(place: Place) -> Fetch | None:
    """The download of a dataset that is going on, or was the last to end."""
    return _fetches().get(place.name)


def forget_fetch(place: Place) -> None:
    """Say no more of a download that has ended well: the images may be deleted, and asked for again, later."""
    _fetches().pop(place.name, None)


@changing
def begin_fetch(place: Place) -> None:
    """Fetch a dataset; nothing happens while that is going on already."""
    going = fetch_of(place)
    if going is not None and not going.job.future.done():
        return
    stop = Event()

    def work(progress: Progress) -> None:
        def say(done: int, total: int) -> None:
            progress(done, total)
            if stop.is_set():
                raise AncraError("Stopped: what has come stays, and the next press goes on from there.")

        get(place.name, on_progress=say)

    # Each press is a download of its own: the images may have been deleted since the last one.
    _fetches()[place.name] = Fetch(compute.begin_here("fetch", (place.name, id(stop)), work), stop)
