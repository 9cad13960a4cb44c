"""What is asked for at the same time is what is asked for one by one, wherever there is memory for it."""

import numpy as np
import pytest
import torch

from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import preset
from ancra.attacks.trace_store import find_trace
from ancra.errors import AncraError
from ancra.store import Store
from app import compute
from app.answers import attacks
from app.engine import answering, place
from app.engine.answering import answer
from app.engine.request import Request, Source

MODEL = "digits/trades-ancra"


@pytest.fixture
def asked(home):
    """The function that makes a request for a trace, and its images."""

    def made(settings, *targets):
        pictures = [attacks.picture_of_test(MODEL, index) for index in (1, 2, 4)]
        requests = [attacks._trace(MODEL, *each)[0] for each in zip(pictures, [settings] * 3, targets, strict=True)]
        return requests[0], [request.item for request in requests]

    return made


@pytest.mark.parametrize(("objective", "target"), [("joint", None), ("forced_target", None), ("forced_target", 3)])
def test_visitors_images_are_attacked_in_one_search_with_the_answers_of_each_alone(asked, objective, target):
    settings = AttackSettings(steps=5, epsilon=0.2, objective=objective, seed=2, targeted=target is not None)
    request, items = asked(settings, *[target] * 3)
    alone = [answer(request, [item], "cpu").results[0] for item in items]
    together = answer(request, items, "cpu").results
    for one, other in zip(alone, together, strict=True):
        for name, array in one.arrays().items():
            if array.dtype.kind == "f":
                assert np.allclose(array, getattr(other, name), atol=1e-5, equal_nan=True), name
            else:
                assert np.array_equal(array, getattr(other, name)), name


def test_what_may_not_be_attacked_together_waits_apart(home):
    settings, picture = AttackSettings(steps=2, epsilon=0.2), attacks.picture_of_test(MODEL, 1)
    groups = {
        compute._work(attacks._trace(name, picture, each, target)[0]).like
        for name in (MODEL, "digits/pgd-at")
        for each in (settings, settings.with_changes(steps=3))
        for target in (None, 3)
    }
    assert len(groups) == 8


def test_a_trace_that_is_stored_waits_for_nobody(home, monkeypatch):
    settings, picture = AttackSettings(steps=2, epsilon=0.2), attacks.picture_of_test(MODEL, 1)
    first = attacks.trace(MODEL, picture, settings, None, "Attacking")
    _, key = attacks._trace(MODEL, picture, settings, None)
    assert np.array_equal(find_trace(Store(), *key).images, first.images)
    compute.queue.clear()
    monkeypatch.setattr(compute, "ask", None)
    assert np.array_equal(attacks.trace(MODEL, picture, settings, None, "Attacking").images, first.images)


def test_a_persons_own_picture_is_not_kept(home):
    settings = AttackSettings(steps=2, epsilon=0.2)
    own = attacks.Picture(torch.rand(1, 1, 8, 8), 1, "upload", stored=False)
    attacks.trace(MODEL, own, settings, None, "Attacking")
    assert find_trace(Store(), *attacks._trace(MODEL, own, settings, None)[1]) is None


def test_memory_that_is_not_enough_means_fewer_at_a_time_and_then_the_cpu(asked, monkeypatch):
    request, items = asked(AttackSettings(steps=1, epsilon=0.2), None, None, None)
    tried, make = [], answering.KINDS["trace"]

    def small(where, request, some):
        tried.append((len(some), where.device))
        if where.device != "cpu" and (len(some) > 1 or some[0] is items[2]):
            raise torch.OutOfMemoryError
        where.device = "cpu"
        return make(where, request, some)

    monkeypatch.setattr(answering, "KINDS", {"trace": small})
    found = answer(request, items, "small")
    assert tried == [(3, "small"), (1, "small"), (2, "small"), (1, "small"), (1, "small"), (1, "cpu")]
    assert [trace.labels.tolist() for trace in found.results] == [[item.label] for item in items]
    assert found.remark == answering.ON_CPU
    assert answer(request, items[:2], "small").remark == answering.SMALLER
    assert answer(request, items[:1], "small").remark is None


def test_memory_that_the_cpu_has_not_is_an_error(home, monkeypatch):
    def full(where, request, some):
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(answering, "KINDS", {"trace": full})
    with pytest.raises(torch.OutOfMemoryError):
        answer(Request("trace", Source("", "")), [1, 2], "cpu")


def test_the_page_says_what_memory_was_not_enough_for(home, monkeypatch):
    class Short:
        at_once, place = 1, "2 GPUs"

        def run(self, request, items, on_progress, stop=None):
            return answering.Answer([7 for _ in items], "cpu", answering.ON_CPU)

    monkeypatch.setattr(compute, "engine", Short)
    assert compute.where() == "Computed on 2 GPUs."
    assert compute.ask(compute.request("ready", MODEL), ("anew",), "Asking the model") == 7
    assert compute.where() == f"Computed on 2 GPUs. {answering.ON_CPU}"


def test_a_request_that_nobody_knows_is_one_sentence():
    with pytest.raises(AncraError, match="There is no computation named 'traces'"):
        answer(Request("traces", Source("", "")), [None], "cpu")


def test_models_leave_by_their_bytes_the_least_recently_used_first(home):
    sources = [compute.source(name) for name in ("digits/trades", "digits/pgd-at", "digits/mart")]
    size = place._bytes(place.Models().get(sources[0], "cpu"))
    kept = place.Models(keep=round(2.5 * size))
    first, second, _, _ = (kept.get(sources[index], "cpu") for index in (0, 1, 0, 2))
    assert len(kept) == 2
    assert kept.get(sources[0], "cpu") is first
    assert kept.get(sources[1], "cpu") is not second
    kept.leave("cpu")
    assert len(kept) == 0


def test_images_that_pgd_misses_are_those_of_both_attacks_over_the_first_images(home):
    name, source = "digits/natural-ra", compute.source("digits/natural-ra")
    (found,) = answer(Request("missed", source, 0.2), [20], "cpu").results
    images, labels = compute.dataset(name).test.batch(slice(0, 20))
    model = place.models().get(source, "cpu")
    broken = [attacks_on(model, images, labels, attack) for attack in ("pgd40", "adaptive40")]
    assert found == [row for row in range(20) if broken[1][row] and not broken[0][row]]
    assert found


def attacks_on(model, images, labels, name):
    from ancra.attacks.pgd import pgd

    return pgd(model, images, labels, preset(name).search(0.2)).success.tolist()
