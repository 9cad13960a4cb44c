import base64
import io

import numpy as np
import pytest
from PIL import Image

from ancra.attacks.trace import AttackTrace
from ancra.text import epsilon_text
from app.figures import pictures
from app.words import attack as words

CLASSES = ("cat", "dog", "owl")


def trace_of(predicted: list[int], label: int = 0, target: int = -1, natural: int = 0, blocks: int = 0) -> AttackTrace:
    """A trace of one image whose predicted class at each step is given."""
    logits = np.eye(3, dtype=np.float32)[predicted][:, None] * 4
    steps = len(predicted)
    return AttackTrace(
        images=np.zeros((steps, 1, 1, 2, 2), np.float32),
        natural=np.zeros((1, 1, 2, 2), np.float32),
        labels=np.array([label]),
        targets=np.array([target]),
        logits=logits,
        natural_logits=np.eye(3, dtype=np.float32)[[natural]] * 4,
        auxiliary=np.zeros((steps, 1, blocks, 3), np.float32),
        natural_auxiliary=np.zeros((1, blocks, 3), np.float32),
        loss_names=np.array(["ce"]),
        losses=np.zeros((steps, 1, 1), np.float32),
        gradient_norm=np.zeros((steps, 1), np.float32),
    )


def test_crisp_pictures_repeat_whole_pixels():
    drawn = pictures.crisp(np.array([[[0.0, 1.0], [0.5, 0.25]]]), side=100)
    assert drawn.shape == (100, 100, 3)
    assert {tuple(color) for color in drawn.reshape(-1, 3)} == {(0,) * 3, (255,) * 3, (128,) * 3, (64,) * 3}


def test_a_change_is_drawn_to_one_scale_at_every_epsilon_and_magnified_to_the_chosen_one():
    small, large = (pictures.scales(0.5, epsilon, grey=True) for epsilon in (0.05, 0.2))
    assert small["largest"][0] == large["largest"][0] == 127.5
    assert (small["factors"], large["factors"]) == (["2", "20"], ["2", "5"])
    assert pictures.scales(0.5, 0, grey=False)["factors"] == ["2"]


def test_a_png_has_the_exact_size_or_a_larger_one():
    image = np.array([[[0.0, 1.0], [0.5, 0.25]]])
    exact, large = (np.asarray(Image.open(io.BytesIO(pictures.png(image, side)))) for side in (1, 100))
    assert exact.tolist() == [[0, 255], [128, 64]]
    assert large.shape == (100, 100)
    assert np.asarray(Image.open(io.BytesIO(pictures.png(image.repeat(3, 0))))).shape == (2, 2, 3)


def test_a_sprite_holds_every_image_in_order():
    images = np.stack([np.full((1, 2, 2), value) for value in (0.0, 0.5, 1.0)])
    url = pictures.sprite(images, columns=2)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))
    assert pixels.shape == (4, 4, 3)
    assert [pixels[0, 0, 0], pixels[0, 2, 0], pixels[2, 0, 0], pixels[2, 2, 0]] == [0, 128, 255, 0]


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "> 99.9 %"), (0.0, "< 0.1 %"), (0.5, "50.0 %"), (0.00049, "< 0.1 %")]
)
def test_percent(value, text):
    assert words.percent(value) == text


@pytest.mark.parametrize(("epsilon", "text"), [(8 / 255, "8/255"), (0.2, "0.2"), (0.05, "0.05"), (1, "1")])
def test_epsilon(epsilon, text):
    assert epsilon_text(epsilon) == text


@pytest.mark.parametrize(
    ("trace", "beginning"),
    [
        (trace_of([0, 0, 0]), "The attack fails"),
        (trace_of([0, 1, 1]), "The attack succeeds at step 1: the model takes this cat for dog."),
        (trace_of([1, 1]), "The attack succeeds already at the random start"),
        (
            trace_of([0, 1, 0]),
            "The attack succeeds at step 1: the model takes this cat for dog (the answer",
        ),
        (trace_of([0, 1, 1], target=2), "The attack misses its target owl"),
        (trace_of([0, 2, 2], target=2), "The attack succeeds at step 1"),
        (trace_of([1, 1], natural=1), "No attack needed"),
    ],
)
def test_what_an_attack_did(trace, beginning):
    assert words.outcome(trace, CLASSES).startswith(beginning)


@pytest.mark.parametrize(
    ("plain", "adaptive", "attention", "kind"),
    [
        (trace_of([0]), trace_of([1]), True, "illusion"),
        (trace_of([1]), trace_of([1]), True, "fooled"),
        (trace_of([1]), trace_of([0]), True, "fooled"),
        (trace_of([0]), trace_of([0]), True, "held"),
        (trace_of([1]), trace_of([1]), False, "fooled"),
        (trace_of([0]), trace_of([0]), False, "held"),
        (trace_of([1], natural=1), trace_of([1], natural=1), True, "natural"),
    ],
)
def test_the_verdict_on_one_image(plain, adaptive, attention, kind):
    assert words.verdict(plain, adaptive, attention)[0] == kind
