import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from ancra.web.palette import palette
from app.figures.losses import attacked_curve, distinct, loss_curves, losses_sentence, squeeze, ticks
from app.words.trace_table import trace_csv

NAMES = ["ce", "margin", "ce_first"]


@pytest.fixture
def traced(trace_of):
    """Makes a trace with the given losses, one list an objective."""

    def made(blocks, *columns):
        losses = np.array(columns, np.float32).T[:, None]
        trace = trace_of([0] * len(losses), blocks=blocks)
        return replace(trace, loss_names=np.array(NAMES), losses=losses)

    return made


@pytest.fixture
def masked(traced):
    return traced(2, [0, 0, 0], [-30, -40, -40], [0.01, 0.5, 3])


@pytest.fixture
def plain(traced):
    return traced(0, [0.1, 0.2, 0.4], [-2, -1, -0.5], [0.1, 0.2, 0.4])


def test_every_objective_has_a_line_and_the_attacked_one_is_thick(masked):
    figure = loss_curves(masked, "ce", 1, palette())
    widths = {line.name: line.line.width for line in figure.data}
    assert len(widths) == 3
    assert widths["<b>CE on p'</b>"] > 2 * max(width for name, width in widths.items() if "<b>" not in name)


def test_ranges_far_apart_are_drawn_on_the_symlog_scale(masked, plain):
    figure = loss_curves(masked, "ce", 1, palette())
    margin = next(line for line in figure.data if line.name == "margin on p'")
    assert margin.y == pytest.approx(squeeze(np.array([-30, -40, -40])))
    assert margin.customdata == pytest.approx([-30, -40, -40])
    assert "symlog" in figure.layout.yaxis.title.text
    assert loss_curves(plain, "ce", 1, palette()).layout.yaxis.title.text == "loss"


def test_without_attention_the_same_curve_is_drawn_once(plain):
    assert list(distinct(plain)) == ["ce", "margin"]
    assert attacked_curve(plain, "ce_first") == "ce"
    assert attacked_curve(plain, "forced_target") is None


def test_the_sentence_says_what_the_attack_has_to_go_by(masked, plain):
    assert "nowhere: it stays at 0" in losses_sentence(masked, "ce")
    assert losses_sentence(masked, "ce").endswith("it has nothing to go by.")
    assert "from 0.01 to 3" in losses_sentence(masked, "ce_first")
    assert "cross-entropy on p'" in losses_sentence(plain, "ce_first")
    assert "needs a target" in losses_sentence(plain, "forced_target")


def test_ticks_lie_where_the_numbers_are():
    places, texts = ticks(-50, 20)
    assert texts == ["-10", "-1", "0", "1", "10"]
    assert places == pytest.approx(squeeze(np.array([-10, -1, 0, 1, 10])))


def test_the_table_has_a_row_a_step(masked):
    rows = list(csv.DictReader(io.StringIO(trace_csv(masked, ("cat", "dog", "owl")))))
    assert [row["step"] for row in rows] == ["0", "1", "2"]
    assert rows[2]["answer"] == rows[2]["row of block 2"] == "cat"
    assert float(rows[2]["loss ce_first"]) == 3
    assert sum(float(rows[0][f"p'({name})"]) for name in ("cat", "dog", "owl")) == pytest.approx(1, abs=1e-4)
    assert {"p1(cat)", "p2(owl)", "linf", "l2"} <= set(rows[0])


def test_names_under_the_curves_have_a_width_of_their_own(masked):
    legend = loss_curves(masked, "ce", 1, palette()).layout.legend
    assert legend.entrywidthmode in (None, "pixels")  # a share of a phone's width is less than a name
    assert legend.entrywidth >= 130
