import numpy as np
import pytest

from ancra.web.palette import palette
from app.figures import learning
from app.figures.compared import curves, overlay, smoothed, table
from app.figures.learning import STEP_LOSS, Axes, Line


def rows(*losses):
    return [{"epoch": epoch, "loss": loss, "seconds": 60} for epoch, loss in enumerate(losses, 1)]


FIRST = Line("a", rows(4.0, 2.0, 1.0), "#102030", best=3, group="g", seed=0, title="PGD-AT")
SECOND = Line("b", rows(2.0, 4.0), "#405060", group="g", seed=1, title="PGD-AT")
OTHER = Line("c", rows(9.0), "#708090", steps=((0.5, 10.0), (1.0, 8.0), (1.5, 7.0)), group="h", title="TRADES")


def test_smoothing_starts_at_the_first_value_and_keeps_a_constant():
    assert np.allclose(smoothed(np.full(5, 3.0), 0.9), 3)
    assert np.allclose(smoothed(np.array([1.0, 3.0]), 0.5), [1, (0.5 * 0.5 * 1 + 0.5 * 3) / 0.75])
    assert np.allclose(smoothed(np.array([1.0, 3.0]), 0), [1, 3])
    with pytest.raises(ValueError, match="weight"):
        smoothed(np.ones(2), 1.0)


def test_runs_of_one_recipe_become_their_mean_as_far_as_all_have_come():
    mean, other = curves("loss", [FIRST, SECOND, OTHER], Axes(by_seed=True))
    assert mean.name == "PGD-AT, seeds 0, 1"
    assert mean.epochs.tolist() == [1, 2]
    assert mean.ys.tolist() == [3, 3]
    assert (mean.low.tolist(), mean.high.tolist(), mean.runs) == ([2, 2], [4, 4], 2)
    assert (other.name, other.low) == ("c", None)


def test_losses_within_epochs_are_a_curve_of_their_own_against_epochs_or_minutes():
    assert STEP_LOSS in learning.quantities([FIRST, OTHER])
    assert STEP_LOSS not in learning.quantities([FIRST])
    (curve,) = curves(STEP_LOSS, [FIRST, OTHER], Axes())
    assert curve.epochs.tolist() == [0.5, 1.0, 1.5]
    (timed,) = curves(STEP_LOSS, [OTHER], Axes(by_time=True))
    assert timed.xs.tolist() == [0.5, 1.0]


def test_names_above_the_losses_are_short_enough_for_two_in_a_row_on_a_phone():
    figure = learning.losses(OTHER, palette(), Axes())
    assert [line.name for line in figure.data if line.showlegend is not False] == ["at each step", "whole loss"]
    assert all(len(line.name or "") <= 15 for line in figure.data)


def test_what_was_measured_stays_pale_behind_a_smoothed_line():
    figure = overlay("loss", [FIRST], palette(), Axes(smoothing=0.5))
    pale, line = figure.data[0], figure.data[1]
    assert list(pale.y) == [4, 2, 1]
    assert "0.28" in pale.line.color
    assert line.y[-1] > 1
    assert len(overlay("loss", [FIRST], palette(), Axes()).data) == 2


def test_the_table_holds_what_is_drawn():
    found = table(["loss"], [FIRST, SECOND], Axes(by_seed=True, smoothing=0.5))
    assert [row["epoch"] for row in found] == ["1", "2"]
    assert found[0] == {
        "run": "PGD-AT, seeds 0, 1",
        "quantity": "loss",
        "epoch": "1",
        "value": "3",
        "smoothed": "3",
        "lowest": "2",
        "highest": "4",
        "runs": "2",
    }
    assert table(["loss"], [FIRST], Axes(by_time=True))[2]["minutes"] == "3"
