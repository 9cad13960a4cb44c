"""Which outcomes there are to look at."""

import pytest

from ancra.jobs.status import ShareStatus
from ancra.sweeps.files import write_outcome
from ancra.sweeps.outcomes import known_outcomes
from ancra.sweeps.sweep import Sweep


@pytest.fixture
def outcome(make_outcome, tiny_recipe):
    return make_outcome(tiny_recipe, {"epochs": (1, 2)}, lambda *_: 0.5, seeds=2)


@pytest.fixture
def own(workspace, outcome):
    """The sweep in the workspace, finished, with the first so many of its results."""

    def made(count):
        sweep = Sweep.create(workspace / "sweeps" / "tried", outcome.plan)
        sweep.write_status(ShareStatus(state="finished"))
        write_outcome(outcome.model_copy(update={"results": outcome.results[:count]}), sweep.folder)
        return sweep

    return made


def test_shipped_ones_and_the_workspaces(outcome, own, tmp_path):
    assert known_outcomes(tmp_path) == []
    write_outcome(outcome.model_copy(update={"plan": outcome.plan.with_changes(name="shipped")}), tmp_path, "shipped")
    (tmp_path / "damaged.json").write_text("{")
    sweep = own(3)
    shipped, mine = known_outcomes(tmp_path)
    assert (shipped.name, shipped.complete, shipped.sweep) == ("shipped", True, None)
    assert (mine.name, mine.complete, mine.sweep.folder) == ("tried", False, sweep.folder)


@pytest.mark.parametrize(("count", "wins"), [(3, False), (4, True)])
def test_of_one_name_the_workspaces_wins_where_it_is_as_complete(outcome, own, tmp_path, count, wins):
    write_outcome(outcome, tmp_path, "tried")
    own(count)
    (found,) = known_outcomes(tmp_path)
    assert (found.sweep is not None) is wins
    assert len(found.outcome.results) == 4


def test_a_sweep_without_results_and_a_damaged_one_are_left_out(outcome, workspace, tmp_path):
    sweep = Sweep.create(workspace / "sweeps" / "tried", outcome.plan)
    assert known_outcomes(tmp_path) == []
    sweep.plan_file.write_text("name: [")
    assert known_outcomes(tmp_path) == []
