"""Traces that are asked for at the same time are those that are asked for one by one."""

import numpy as np
import pytest

from ancra.attacks.settings import AttackSettings
from app import compute
from app.answers import attacks

MODEL = "digits/trades-ancra"


@pytest.mark.parametrize(("objective", "target"), [("joint", None), ("forced_target", None), ("forced_target", 3)])
def test_visitors_images_are_attacked_in_one_search_with_the_answers_of_each_alone(home, objective, target):
    settings = AttackSettings(steps=5, epsilon=0.2, objective=objective, seed=2)
    model, digest = compute.model(MODEL), compute.card(MODEL).digest
    asked = [(attacks.picture_of_test(MODEL, index), target) for index in (1, 2, 4)]
    alone = [attacks._attack(model, [each], settings) for each in asked]
    together = attacks._traces(digest, model, asked, settings)
    for one, other in zip(alone, together, strict=True):
        for name, array in one.arrays().items():
            if array.dtype.kind == "f":
                assert np.allclose(array, getattr(other, name), atol=1e-5, equal_nan=True), name
            else:
                assert np.array_equal(array, getattr(other, name)), name


def test_of_a_search_only_those_that_are_not_stored_are_attacked(home, monkeypatch):
    settings = AttackSettings(steps=2, epsilon=0.2)
    model, digest = compute.model(MODEL), compute.card(MODEL).digest
    asked = [(attacks.picture_of_test(MODEL, index), None) for index in range(3)]
    first = attacks._traces(digest, model, asked[1:2], settings)[0]
    counts, attack = [], attacks._attack

    def counted(model, asked, settings):
        counts.append(len(asked))
        return attack(model, asked, settings)

    monkeypatch.setattr(attacks, "_attack", counted)
    found = attacks._traces(digest, model, asked, settings)
    assert counts == [2]
    assert np.array_equal(found[1].images, first.images)
    assert [trace.labels.tolist() for trace in found] == [[picture.label] for picture, _ in asked]
