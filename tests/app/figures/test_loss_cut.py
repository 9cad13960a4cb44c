from dataclasses import replace

import numpy as np
import pytest

from ancra.evaluation.loss_cut import CutLoss, LossCut
from ancra.evaluation.loss_surface import SurfaceSettings
from ancra.web.palette import palette
from app.figures.loss_cut import cut_figure, cut_sentence
from app.figures.loss_scale import loss_scale

AXIS = np.array([-1.0, -0.5, 0, 0.5, 1])
CLASSES = ("cat", "dog", "owl")


def curve(name, losses, slope):
    return CutLoss(name, f"Loss {name}", np.array(losses, np.float32), slope, 1.0)


def cut(flat, steep):
    return LossCut(
        AXIS, AXIS, (flat, steep), np.array([0, 0, 0, 0, 1]), 0, np.ones((1, 2, 3)), "Loss ce_first", SurfaceSettings()
    )


MASKED = cut(curve("ce", [0, 0, 0, 0, 30], 0.0), curve("ce_first", [1e-6, 1e-5, 1e-4, 1e-2, 1], 1e-3))
NEAR = cut(curve("ce", [0, 0, 0, 0, 30], 0.0), curve("ce_first", [0.4, 0.45, 0.5, 0.7, 1.2], 0.3))


def arrows(figure):
    return [note.y - note.ay for note in figure.layout.annotations if note.showarrow]


@pytest.mark.parametrize("found", [MASKED, NEAR])
def test_the_arrow_of_the_flat_loss_lies_and_that_of_the_steep_one_rises(found):
    figure = cut_figure(found, None, palette())
    low, high = figure.layout.yaxis.range
    flat, steep = arrows(figure)
    assert flat == 0
    assert steep > 0.05 * (high - low)


def test_both_losses_share_one_scale_and_a_cliff_may_leave_it():
    assert cut_figure(MASKED, None, palette()).layout.yaxis.ticktext[0] == "0"
    figure = cut_figure(NEAR, None, palette())
    assert figure.layout.yaxis.ticktext is None
    assert figure.layout.yaxis.range[1] < 2
    cliff = figure.data[0]
    assert cliff.y[-1] == pytest.approx(1.6)
    assert cliff.customdata[-1] == 30


def test_the_steps_of_the_attack_stand_where_they_have_gone(trace_of):
    trace = replace(trace_of([0, 0, 1]), loss_names=np.array(["ce"]))
    figure = cut_figure(MASKED, trace, palette())
    (way,) = (part for part in figure.data if part.mode == "lines+markers")
    assert len(way.x) == 3
    assert np.allclose(way.x, MASKED.place(trace.images[:, 0] - trace.natural[0]))


def test_the_sentence_says_which_is_flat_and_where_the_answer_turns():
    said = cut_sentence(MASKED, CLASSES)
    assert "The first is **flat**" in said
    assert "At 1.00 ε the answer turns to dog" in said
    steep = MASKED.curves[1]
    assert "flat" not in cut_sentence(cut(steep, steep), CLASSES)
    wrong = replace(MASKED, decision=np.ones(5, int))
    assert "even without an attack" in cut_sentence(wrong, CLASSES)


def test_a_margin_is_never_drawn_in_powers_of_ten():
    scale = loss_scale("margin_first", [np.array([-30.0, 30])], [np.array([-7.0, 1])])
    assert (scale.decades, scale.low, scale.high) == (False, -30, 5)
