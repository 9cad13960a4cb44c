"""Traces that are asked for at the same time are those that are asked for one by one."""

import numpy as np
import pytest
import torch

from ancra.attacks.settings import AttackSettings
from app import compute, tracing
from app.answers import attacks

MODEL = "digits/trades-ancra"


@pytest.mark.parametrize(("objective", "target"), [("joint", None), ("forced_target", None), ("forced_target", 3)])
def test_visitors_images_are_attacked_in_one_search_with_the_answers_of_each_alone(home, objective, target):
    settings = AttackSettings(steps=5, epsilon=0.2, objective=objective, seed=2)
    path, digest = compute.path(MODEL), compute.card(MODEL).digest
    asked = [(attacks.picture_of_test(MODEL, index), target) for index in (1, 2, 4)]
    alone = [attacks._made(path, digest, [each], settings)[0] for each in asked]
    together = attacks._traces(path, digest, asked, settings)
    for one, other in zip(alone, together, strict=True):
        for name, array in one.arrays().items():
            if array.dtype.kind == "f":
                assert np.allclose(array, getattr(other, name), atol=1e-5, equal_nan=True), name
            else:
                assert np.array_equal(array, getattr(other, name)), name


def test_of_a_search_only_those_that_are_not_stored_are_attacked(home, monkeypatch):
    settings = AttackSettings(steps=2, epsilon=0.2)
    path, digest = compute.path(MODEL), compute.card(MODEL).digest
    asked = [(attacks.picture_of_test(MODEL, index), None) for index in range(3)]
    first = attacks._traces(path, digest, asked[1:2], settings)[0]
    counts, make = [], tracing.traces

    def counted(path, digest, images, *rest):
        counts.append(len(images))
        return make(path, digest, images, *rest)

    monkeypatch.setattr(tracing, "traces", counted)
    found = attacks._traces(path, digest, asked, settings)
    assert counts == [2]
    assert np.array_equal(found[1].images, first.images)
    assert [trace.labels.tolist() for trace in found] == [[picture.label] for picture, _ in asked]


def test_memory_that_is_not_enough_means_fewer_at_a_time_and_then_the_cpu(home, monkeypatch):
    settings = AttackSettings(steps=1, epsilon=0.2)
    asked = [attacks.picture_of_test(MODEL, index) for index in range(3)]
    tried, make = [], tracing._traced

    def small(model, images, labels, targets, settings, device):
        tried.append((len(images), device))
        if device != "cpu" and (len(images) > 1 or labels[0] == asked[2].label):
            raise torch.OutOfMemoryError
        return make(model, images, labels, targets, settings, "cpu")

    monkeypatch.setattr(tracing, "_traced", small)
    monkeypatch.setattr(tracing, "models", lambda: Anywhere())
    given = torch.cat([each.image for each in asked]), [each.label for each in asked], None, settings
    path, digest = compute.path(MODEL), compute.card(MODEL).digest
    found = tracing.traces(path, digest, *given, "small")
    assert tried == [(3, "small"), (1, "small"), (2, "small"), (1, "small"), (1, "small"), (1, "cpu")]
    assert [trace.labels.tolist() for trace in found] == [[each.label] for each in asked]


class Anywhere(tracing.Models):
    """Models for devices that this machine does not have."""

    def get(self, path, digest, device):
        return super().get(path, digest, "cpu")


def test_models_leave_by_their_bytes_the_least_recently_used_first(home):
    names = ["digits/trades", "digits/pgd-at", "digits/mart"]
    paths = [(compute.path(name), compute.card(name).digest) for name in names]
    size = tracing._bytes(tracing.Models().get(*paths[0], "cpu"))
    kept = tracing.Models(keep=round(2.5 * size))
    first, second, _, _ = (kept.get(*paths[index], "cpu") for index in (0, 1, 0, 2))
    assert len(kept) == 2
    assert kept.get(*paths[0], "cpu") is first
    assert kept.get(*paths[1], "cpu") is not second
