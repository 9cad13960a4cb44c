import numpy as np
import pytest

from ancra.jobs.status import RunStatus
from ancra.runs.run import Run
from ancra.sweeps.sweep import CellState
from ancra.web.palette import palette
from app.figures import sweeps as figures
from app.figures.sweep_grid import grid_chart

ALPHA, STRATEGY, ZETA = "objective.contrast.alpha", "negatives.strategy", "objective.contrast.zeta"
LEVEL = {"natural": 0.9, "pgd": 0.8, "adaptive": 0.6, "worst": 0.5}
DARK = [False, True]


@pytest.fixture
def alphas(make_outcome, tiny_recipe):
    return make_outcome(
        tiny_recipe,
        {ALPHA: (0.0, 0.5, 1.0)},
        lambda values, seed, name: LEVEL[name] + 0.01 * seed + values[ALPHA] / 100,
    )


def dots(figure):
    return [trace for trace in figure.data if trace.customdata is not None]


@pytest.mark.parametrize("dark", DARK)
def test_every_run_is_a_dot_in_every_accuracy(alphas, dark):
    figure = figures.along_chart(alphas, ALPHA, 1.0, alphas.results[4].cell, palette(dark))
    assert [trace.name for trace in dots(figure)] == ["worst case", "adaptive PGD-40", "PGD-40", "natural"]
    for trace in dots(figure):
        assert list(trace.customdata) == [each.cell for each in alphas.results]
        assert [width > 0 for width in trace.marker.line.width] == [index == 4 for index in range(9)]
    worst = dots(figure)[0]
    assert worst.y[0] == pytest.approx(50)
    assert "alpha 0.0, seed 0" in worst.text[0]
    (own,) = figure.layout.shapes
    assert own.x0 == own.x1 == 1.0
    means = [trace for trace in figure.data if trace.mode == "lines" and trace.fill is None]
    assert list(means[0].y) == pytest.approx([51, 51.5, 52])


def test_one_seed_has_no_band(make_outcome, tiny_recipe):
    outcome = make_outcome(tiny_recipe, {ALPHA: (0.0, 1.0)}, lambda *_: 0.5, seeds=1)
    figure = figures.along_chart(outcome, ALPHA, None, None, palette())
    assert all(len(trace.x) == 0 for trace in figure.data if trace.fill)
    assert not figure.layout.shapes


def test_settings_side_by_side(make_outcome, tiny_recipe):
    outcome = make_outcome(
        tiny_recipe, {STRATEGY: ("random", "hard_ls")}, lambda values, seed, name: LEVEL[name] + 0.01 * seed
    )
    figure = figures.settings_chart(outcome, None, palette())
    means = [trace for trace in figure.data if trace.error_y.array is not None]
    assert [trace.name for trace in means] == ["Random", "Hard-LS"]
    assert list(means[0].y) == pytest.approx([91, 81, 61, 51])
    assert means[0].error_y.array[0] == pytest.approx(4.303 / np.sqrt(3), rel=1e-3)  # t, two degrees of freedom
    assert sum(len(trace.customdata) for trace in dots(figure)) == 6 * 4
    assert list(figure.layout.xaxis.ticktext) == ["natural", "PGD-40", "adaptive<br>PGD-40", "worst<br>case"]


def test_learning_curves_are_means_with_bands(alphas):
    figure = figures.learning_chart(alphas, "pgd", palette())
    lines = [trace for trace in figure.data if trace.fill is None]
    assert [trace.name for trace in lines] == ["alpha 0.0", "alpha 0.5", "alpha 1.0"]
    assert list(lines[0].y) == pytest.approx([20, 40, 51])
    assert len(figure.data) == 6


def test_a_run_that_stopped_early_shortens_only_its_own_curve(alphas):
    short = alphas.results[0].model_copy(update={"curves": {"pgd": [0.1]}})
    outcome = alphas.model_copy(update={"results": (short, *alphas.results[1:])})
    line = next(trace for trace in figures.learning_chart(outcome, "pgd", palette()).data if trace.fill is None)
    assert list(line.y) == pytest.approx([50 / 3, 40, 51.5])


def test_two_settings_as_squares(make_outcome, tiny_recipe):
    vary = {ALPHA: (0.0, 1.0), ZETA: (1, 3, 5)}
    outcome = make_outcome(tiny_recipe, vary, lambda values, seed, name: values[ALPHA] / 2)
    part = outcome.model_copy(update={"results": outcome.results[1:2]})
    figure = figures.two_axes_chart(outcome, ALPHA, ZETA, "worst", palette())
    assert [list(row) for row in figure.data[0].z] == [[0, 50]] * 3
    assert len(figure.data[1].customdata) == 6
    holes = figures.two_axes_chart(part, ALPHA, ZETA, "worst", palette())
    assert sum(value is not None for row in holes.data[0].z for value in row) == 1


@pytest.mark.parametrize("dark", DARK)
def test_the_grid_tells_states_by_sign_and_in_words(make_outcome, tiny_recipe, tmp_path, dark):
    cells = list(make_outcome(tiny_recipe, {ALPHA: (0.0, 1.0)}, lambda *_: 0.5).plan.cells())
    statuses = [
        None,
        RunStatus(state="running", epoch=3, epochs=6),
        RunStatus(state="failed", message="The disk is full."),
        *[RunStatus(state="finished")] * 3,
    ]
    states = [CellState(cell, Run(tmp_path / cell.name), status) for cell, status in zip(cells, statuses, strict=True)]
    figure = grid_chart(states, cells[2].name, palette(dark))
    found = {trace.name: trace for trace in figure.data}
    assert set(found) == {"not started (1)", "being trained (1)", "failed (1)", "finished (3)"}
    assert len({trace.text for trace in figure.data}) == 4
    assert found["being trained (1)"].hovertext[0].endswith("being trained, epoch 4 of 6")
    assert "The disk is full." in found["failed (1)"].hovertext[0]
    assert found["failed (1)"].marker.line.width[0] > 0
    assert [trace.x[0] for trace in figure.data if trace.name == "failed (1)"] == [1]
