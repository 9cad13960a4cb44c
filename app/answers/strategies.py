"""Statistics of negative strategies over one batch or a whole epoch, computed in the queue and kept in the store."""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ancra.origin import Origin
from ancra.strategies.measures import Weights
from ancra.strategies.population import (
    PopulationSettings,
    batches_in,
    population_origin,
    population_settings,
    weights_of,
)
from ancra.strategies.summary import Statistics
from app import compute
from app.answers.mechanism import BatchQuestion
from app.engine.kinds.negatives import Population
from app.engine.request import Request
from app.queueing import Job

if TYPE_CHECKING:
    from ancra.data.dataset import Split

HELD = "strategies_job"


@dataclass
class _Attempt:
    """One try at an epoch: its number, and what ends it early."""

    number: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


def one_batch(asked: BatchQuestion, names: tuple[str, ...]) -> Statistics:
    """The first batch: the same images as on the other tabs. Raises AncraError for a batch of one class."""
    return compute.ask(*_question(asked, names, batches=1), "Comparing the strategies")


def epoch(asked: BatchQuestion, names: tuple[str, ...]) -> Job:
    """All batches of the split, begun or going on; the session holds it, so that a failure is told and not retried."""
    attempt = _attempt(asked, names)
    wanted, key = _question(asked, names, batches=None)
    key = (*key, attempt.number)
    held = st.session_state.get(HELD)
    if held is None or held[0] != key:
        held = (key, compute.begin(wanted, key, attempt.stop))
        st.session_state[HELD] = held
    return held[1]


def stop(asked: BatchQuestion, names: tuple[str, ...]) -> None:
    """End the epoch after the batch that is being observed; what there is, is kept."""
    _attempt(asked, names).stop.set()


def stopped(asked: BatchQuestion, names: tuple[str, ...]) -> bool:
    """Whether somebody has ended the epoch."""
    return _attempt(asked, names).stop.is_set()


def go_on(asked: BatchQuestion, names: tuple[str, ...]) -> None:
    """Have an epoch that was ended go on where it was."""
    attempt = _attempt(asked, names)
    attempt.number, attempt.stop = attempt.number + 1, threading.Event()


def batches_of(asked: BatchQuestion) -> int:
    """How many batches the epoch has."""
    return batches_in(_split(asked), _settings(asked))


def own_alpha(asked: BatchQuestion) -> float:
    """The alpha of the model's own recipe; the paper's where it has none."""
    return weights_of(compute.card(asked.model)).alpha


def with_alpha(found: Statistics, alpha: float) -> Statistics:
    """The same statistics with the forces divided otherwise. Raises AncraError for an alpha outside [0, 1]."""
    return replace(found, weights=Weights(alpha, found.weights.auxiliary))


def origin(asked: BatchQuestion, found: Statistics) -> Origin:
    """Where a file of these statistics is from."""
    return population_origin(Path(compute.path(asked.model)), tuple(found.observed), _settings(asked), found.batches)


def _question(asked: BatchQuestion, names: tuple[str, ...], batches: int | None) -> tuple[Request, tuple[object, ...]]:
    compute.require_images(asked.model)
    settings = _settings(asked)
    wanted = compute.request("strategies", asked.model, item=Population(names, settings, batches))
    return wanted, (*compute.subject(asked.model), settings.digest(), names, batches)


def _settings(asked: BatchQuestion) -> PopulationSettings:
    return population_settings(
        compute.card(asked.model),
        split=asked.split,
        batch_size=asked.count,
        seed=asked.seed,
        attack=asked.attack.model_dump(),
    )


def _split(asked: BatchQuestion) -> "Split":
    data = compute.dataset(asked.model)
    return data.train if asked.split == "train" else data.test


def _attempt(asked: BatchQuestion, names: tuple[str, ...]) -> _Attempt:
    return _attempts().setdefault((asked.key, names), _Attempt())


@st.cache_resource(show_spinner=False)
def _attempts() -> dict[tuple[object, ...], _Attempt]:
    """The attempts of all sessions: whoever looks at an epoch looks at the same one."""
    return {}
