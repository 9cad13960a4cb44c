"""The app's engine on a real Ray Serve, started by the tests on this machine; skipped where a package is missing."""

import os
import signal
import threading

import numpy as np
import psutil
import pytest
import torch
from engines import one_of_the_tests

from ancra.attacks.settings import AttackSettings
from ancra.checkpoints import read_card, resolve_checkpoint
from ancra.errors import AncraError
from ancra.progress import unheard
from ancra.strategies.population import population_settings
from app import compute
from app.engine.kinds.attacks import Attacked
from app.engine.kinds.negatives import Population
from app.engine.processes import Processes
from app.engine.request import Request, Source
from app.queueing import Queue

pytest.importorskip("ray", reason="the package ray is not installed")
pytest.importorskip("fastapi", reason="ray[serve] is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from app.engine.ray_serve import RayServe

    with pytest.MonkeyPatch.context() as patch:
        one_of_the_tests(patch, tmp_path_factory.mktemp("ray"))
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.setenv("RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE", "1")
        made = RayServe("cpu")
        yield made
        made.close()


@pytest.fixture(scope="module")
def source():
    path = resolve_checkpoint("digits/trades-ancra")
    return Source(str(path), read_card(path).digest)


def requests(source, count, **changes):
    images = torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(0)).split(1)
    settings = AttackSettings(steps=3, epsilon=0.2)
    made = [Request("trace", source, settings, Attacked(each, 1), alike="trace", most=32) for each in images]
    return made, [each.item for each in made]


def test_requests_get_the_answers_that_a_process_of_this_machine_gives(engine, source):
    (first, *_), items = requests(source, 5)
    there, here = engine.run(first, items, unheard), Processes([]).run(first, items, unheard)
    assert there.device == "cpu"
    for one, other in zip(there.results, here.results, strict=True):
        assert np.allclose(one.images, other.images, atol=1e-5)
        assert np.allclose(one.losses, other.losses, atol=1e-5)


def test_a_bad_request_fails_alone_and_in_its_own_words(engine, source):
    (first, *_), items = requests(source, 2)
    queue = Queue(engine.at_once)
    bad = Attacked(items[1].image, 99)

    def asked(item):
        return queue.begin(id(item), lambda progress: engine.run(first, [item], progress).results[0])

    good, failing = asked(items[0]), asked(bad)
    assert good.future.result(120).labels.tolist() == [1]
    with pytest.raises(AncraError, match="classes 0 to 9"):
        failing.future.result(120)


def test_long_work_tells_how_far_it_is_and_can_be_ended(engine, source):
    settings = population_settings(read_card(source.path), batch_size=2)
    wanted = Request("strategies", source, item=Population(("random",), settings, None))
    stop, told = threading.Event(), []

    def hear(done, total):
        told.append((done, total))
        if done:
            stop.set()

    (found,) = engine.run(wanted, [wanted.item], hear, stop).results
    assert told[-1][0] < told[-1][1]
    assert found.batches < told[-1][1]


def test_a_killed_replica_is_replaced(engine, source):
    (first, *_), items = requests(source, 1)
    before = replicas()
    for process in before:
        os.kill(process.pid, signal.SIGKILL)
    assert engine.run(first, items, unheard).results[0].labels.tolist() == [1]
    assert {each.pid for each in replicas()}.isdisjoint(each.pid for each in before)


def replicas():
    """The processes of this machine's deployment; their own names say so."""
    family = psutil.Process().children(recursive=True)
    return [each for each in family if each.is_running() and "ServeReplica:ancra" in " ".join(each.cmdline())]


def test_the_app_asks_ray_where_it_is_told_to(engine, monkeypatch):
    import streamlit as st

    made = []
    monkeypatch.setenv("ANCRA_ENGINE", "ray")
    monkeypatch.setattr("app.engine.ray_serve.RayServe", lambda device: made.append(device) or engine)
    st.cache_resource.clear()
    assert compute.engine() is engine
    assert made == ["auto"]
    assert "Ray" in compute.where()
    st.cache_resource.clear()
