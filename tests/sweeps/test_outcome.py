"""Means, spreads, paired tests, and what may be said of them."""

import csv
import math

import pytest
from scipy import stats

from ancra.errors import AncraError
from ancra.sweeps.files import write_outcome
from ancra.sweeps.outcome import CellResult, Outcome, read_outcome
from ancra.sweeps.picture import draw
from ancra.sweeps.plan import SweepPlan
from ancra.sweeps.seeds import holm, paired, spread

NOISE = (0.004, -0.002, 0.001, -0.003)


def outcome_of(recipe, means, seeds=4, axis="objective.contrast.alpha"):
    plan = SweepPlan(name="s", title="S", recipe=recipe, vary={axis: tuple(means)}, seeds=seeds)
    results = tuple(
        CellResult(
            cell=cell.name,
            values=cell.values,
            seed=cell.seed,
            accuracies={"natural": means[cell.values[axis]] + NOISE[cell.seed], "pgd": 0.5 + NOISE[cell.seed - 1]},
            samples=450,
            losses={"loss": 1.0},
        )
        for cell in plan.cells()
    )
    return Outcome(plan=plan, results=results)


@pytest.fixture
def outcome(tiny_recipe):
    return outcome_of(tiny_recipe, {0.0: 0.70, 0.5: 0.701, 1.0: 0.80})


def test_mean_and_spread_over_seeds(outcome):
    found = outcome.spread((("objective.contrast.alpha", 0.0),), "natural")
    assert found.mean == pytest.approx(0.70)
    assert found.deviation == pytest.approx(math.sqrt(sum(x * x for x in NOISE) / 3))
    assert found.percent == "70.0 ± 0.3"
    assert spread([0.5]).percent == "50.0"


def test_a_difference_is_told_from_noise(outcome):
    low, middle, high = outcome.settings
    near, far, _ = outcome.compare("natural")
    assert (near.first, near.second, far.second) == (low, middle, high)
    assert near.inside_the_noise
    assert near.sentence.endswith("inside the noise.")
    assert not far.inside_the_noise
    assert "alpha 0.0 is below alpha 1.0 by -10.0 points" in far.sentence
    assert all(each.inside_the_noise for each in outcome.compare("pgd"))
    said = outcome.findings()
    assert len(said) == 4
    assert said[-1] == "PGD-40: 3 pairs of settings differ by no more than seeds explain: inside the noise."


def test_many_settings_are_compared_with_the_recipe_s_own(tiny_recipe):
    outcome = outcome_of(tiny_recipe, {value / 5: 0.7 for value in range(6)})
    assert outcome.own == (("objective.contrast.alpha", 1.0),)
    assert {each.second for each in outcome.compare("natural")} == {outcome.own}


def test_one_seed_says_nothing(tiny_recipe):
    (found,) = outcome_of(tiny_recipe, {0.0: 0.1, 1.0: 0.9}, seeds=1).compare("natural")
    assert found.inside_the_noise
    assert "nothing can be said" in found.sentence


def test_the_paired_test_is_scipy_s():
    first, second = [0.61, 0.64, 0.60], [0.55, 0.60, 0.57]
    found, theirs = paired(first, second), stats.ttest_rel(first, second)
    interval = theirs.confidence_interval(0.95)
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_equal_differences_are_not_taken_for_certain():
    # Three seeds that differ by the same single image of 450.
    assert paired([0.5] * 3, [0.5 - 1 / 450] * 3, images=450).p > 0.05
    assert paired([0.5] * 3, [0.5] * 3).p == 1


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_settings_without_results_are_left_out(outcome):
    part = outcome.model_copy(update={"results": outcome.results[:2]})
    assert [dict(each)["objective.contrast.alpha"] for each in part.settings] == [0.0, 0.5]
    assert outcome.model_copy(update={"results": ()}).findings() == []


def test_written_and_read_again(outcome, tmp_path):
    write_outcome(outcome, tmp_path)
    assert read_outcome(tmp_path / "outcome.json") == outcome
    lines = (tmp_path / "table.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == 12
    assert float(rows[0]["alpha"]) == 0.0
    assert float(rows[0]["natural"]) == pytest.approx(0.704)


@pytest.mark.parametrize("content", ["", "{", '{"plan": 3}', "[]"])
def test_a_damaged_outcome_is_one_sentence(content, tmp_path):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(AncraError, match=r"x\.json"):
        read_outcome(tmp_path / "x.json")
    with pytest.raises(AncraError, match="cannot be read"):
        read_outcome(tmp_path / "missing.json")


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_figures(outcome, tmp_path, ending):
    draw(outcome, tmp_path / f"figure{ending}")
    assert (tmp_path / f"figure{ending}").stat().st_size > 5_000
    if ending == ".svg":
        assert "alpha" in (tmp_path / "figure.svg").read_text()


def test_names_on_an_axis_are_drawn_too(tiny_recipe, tmp_path):
    draw(outcome_of(tiny_recipe, {"random": 0.7, "soft_ls": 0.8}, axis="negatives.strategy"), tmp_path / "f.svg")
    assert (tmp_path / "f.svg").is_file()


def test_nothing_to_draw_and_endings_that_cannot_be(outcome, tmp_path):
    with pytest.raises(AncraError, match="nothing to draw"):
        draw(outcome.model_copy(update={"results": ()}), tmp_path / "x.png")
    with pytest.raises(AncraError, match=r"\.png"):
        draw(outcome, tmp_path / "x.gif")
