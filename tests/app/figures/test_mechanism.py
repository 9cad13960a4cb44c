import base64
import io

import pytest
import torch
from PIL import Image

from ancra.attacks.settings import AttackSettings
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.strategies.mechanism import batch_mechanism
from ancra.strategies.pair import ALPHAS, anchor_mechanism
from ancra.web.palette import palette
from app.figures.mechanism import THUMBNAIL, mechanism_payload, short
from app.words import mechanism as say

CLASSES = ("cat", "owl", "8")


@pytest.fixture(scope="module")
def payload():
    torch.manual_seed(0)
    model = build_model(ModelSettings(width=4, reverse_attention_blocks=2), (3, 40, 40), 3).eval().requires_grad_(False)
    images = torch.rand(10, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    batch = batch_mechanism(model, images, torch.arange(10) % 3, seed=0)
    pairs = anchor_mechanism(model, batch, 4, AttackSettings(epsilon=0.1, steps=2), 2.0, 0.01)
    return mechanism_payload(batch, pairs, 4, CLASSES, 0.7, palette())


def size(url: str) -> tuple[int, int]:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).size


def test_large_images_are_small_in_the_batch_and_whole_beside_it(payload):
    assert payload["columns"] == 5
    assert size(payload["sprite"]) == (5 * THUMBNAIL, 2 * THUMBNAIL)
    assert size(payload["picture"]) == (40, 40)


def test_everything_of_the_anchor_is_there(payload):
    assert (payload["anchor"], payload["label"], payload["alpha"]) == (4, 1, 0.7)
    assert payload["kinds"] == ["a cat", "an owl", "an 8"]
    assert [head["told"] for head in payload["heads"]] == [False, True, True]
    assert [one["mark"] for one in payload["strategies"]] == ["R", "S", "H", "T"]
    assert [len(one["frames"]) for one in payload["strategies"]] == [1, 1, 1, 4]
    for one in payload["strategies"]:
        assert len(one["heads"]) == 3
        assert len(one["heads"][0]["weights"]) == len(ALPHAS)
    assert payload["strategies"][0]["wanted"] is None
    assert payload["strategies"][2]["wanted"] == 1


def test_conditions_name_the_classes_of_the_anchor():
    assert say.condition("random", "3", "5") == "An image that is **not a 3**."
    assert "calls a 5" in say.condition("soft_ls", "3", "5")
    assert "calls a 3" in say.condition("hard_ls", "3", "5")
    assert "ask for the same" not in say.condition("hard_ls", "3", "5")
    assert all("ask for the same" in say.condition(name, "3", "3") for name in ("soft_ls", "hard_ls"))
    assert say.notation("targeted_attack") == "gt(OE) ≠ gt(ne), then h(OE) → gt(ne)"


@pytest.mark.parametrize(
    ("strategy", "found", "fallback", "words"),
    [
        ("random", 9, False, "Drawn by lot from 9"),
        ("soft_ls", 9, False, "2.50, is the highest"),
        ("hard_ls", 1, False, "The only candidate"),
        ("hard_ls", 0, True, "Random chooses"),
    ],
)
def test_the_pick_is_explained(strategy, found, fallback, words):
    assert words in say.how_picked(strategy, found, fallback, 2.5, "3")


def test_numbers_are_short():
    assert short([[0.123456789], [1e-12]]) == [[0.12346], [1e-12]]
