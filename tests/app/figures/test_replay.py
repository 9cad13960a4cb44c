import base64
import json

import numpy as np
import pytest

from ancra.attacks.settings import AttackSettings
from ancra.web.palette import palette
from app.figures.replay import Replayed, replay, runs, shown_classes

CLASSES = ("cat", "dog", "owl")
SETTINGS = AttackSettings(epsilon=0.1, steps=2)


def made(*traces, settings=SETTINGS):
    return replay([Replayed("Model", trace, settings) for trace in traces], "Before.", CLASSES, 0, 0.25, palette())


def pixels(film):
    return np.frombuffer(base64.b64decode(film["pixels"]), np.uint8).reshape(-1, film["height"], film["width"], 3)


def test_everything_of_every_step_is_there(trace_of):
    one = made(trace_of([0, 0, 1], blocks=2))["models"][0]
    assert pixels(one["images"]).shape == (3, 2, 3, 3)
    assert (pixels(one["images"])[-1] == 153).all()
    assert one["answers"][2].startswith("**dog**")
    assert [row["title"] for row in one["bars"]] == ["p', the final answer", "p, before any attention"]
    assert np.shape(one["bars"][0]["after"]) == (3, 3)
    assert [line["name"] for line in one["course"]] == ["p' (final)", "p (first auxiliary)"]
    assert [strip["name"] for strip in one["strips"]] == ["row, block 1", "row, block 2", "answer"]
    assert one["strips"][2]["runs"] == [(0, 2), (1, 1)]
    assert len(one["sizes"]) == len(one["notes"]) == 3


def test_a_model_without_attention_has_no_empty_bars_but_a_sentence(trace_of):
    one = made(trace_of([0, 0, 1]))["models"][0]
    assert len(one["bars"]) == len(one["course"]) == len(one["strips"]) == 1
    assert "no reverse attention" in one["without"]


def test_the_key_names_the_content(trace_of):
    first, same, other = made(trace_of([0, 0, 1])), made(trace_of([0, 0, 1])), made(trace_of([0, 1, 1]))
    assert first["key"] == same["key"] != other["key"]
    json.dumps(first, allow_nan=False)


def test_colour_images_and_epsilon_zero(trace_of):
    shown = made(trace_of([0, 0], channels=3), settings=SETTINGS.with_changes(epsilon=0))
    assert shown["change"] == {"largest": [63.75], "factors": ["4"], "tints": "grey unchanged", "grey": False}
    assert pixels(shown["models"][0]["images"]).shape == (2, 2, 3, 3)


def test_of_many_classes_those_that_matter_are_drawn():
    chances = np.zeros((4, 200))
    chances[2, 150], chances[:, 7] = 0.9, 0.1
    shown = shown_classes(chances, label=199)
    assert {150, 7, 199} <= set(shown)
    assert len(shown) == 10
    assert shown == sorted(shown)
    assert shown_classes(np.zeros((4, 3)), label=0) == [0, 1, 2]


@pytest.mark.parametrize(("values", "expected"), [([1], [(1, 1)]), ([1, 1, 2, 1], [(1, 2), (2, 1), (1, 1)])])
def test_runs(values, expected):
    assert runs(np.array(values)) == expected
