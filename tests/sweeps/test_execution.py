"""Carrying out sweeps, with a launcher that trains in this process."""

import pytest

from ancra.errors import AncraError
from ancra.jobs.signals import RunCancelled
from ancra.sweeps.execution import carry_out
from ancra.sweeps.outcome import read_outcome
from ancra.sweeps.plan import SweepPlan
from ancra.sweeps.sweep import Sweep, list_sweeps


@pytest.fixture
def sweep(tiny_recipe, tmp_path):
    recipe = tiny_recipe.with_changes(epochs=1, test_attacks=("fgsm",))
    plan = SweepPlan(name="alphas", title="", recipe=recipe, vary={"objective.contrast.alpha": (0.0, 1.0)}, seeds=1)
    return Sweep.create(tmp_path / "alphas", plan)


def test_every_cell_is_trained_tested_and_not_trained_again(sweep, here):
    launcher, seen = here(), []
    outcome = carry_out(sweep, launcher, "ancra sweep x", lambda state, ended, total: seen.append((ended, total)))
    assert launcher.trained == ["alpha-0.0_seed-0", "alpha-1.0_seed-0"]
    assert seen == [(1, 2), (2, 2)]
    assert outcome.measures == ["natural", "pgd", "adaptive", "worst"]
    assert [result.samples for result in outcome.results] == [450, 450]
    assert all("fgsm" in result.accuracies and len(result.curves["pgd"]) == 1 for result in outcome.results)
    assert read_outcome(sweep.outcome_file) == outcome
    assert outcome.command == "ancra sweep x"
    status = sweep.status()
    assert (status.state, status.share) == ("finished", 1.0)
    again = here()
    assert carry_out(Sweep.open(sweep.folder), again, "ancra sweep x") == outcome
    assert again.trained == []


def test_a_cell_that_fails_is_shown_and_the_others_go_on(sweep, here):
    failing = here(break_at="alpha-0.0_seed-0")
    outcome = carry_out(sweep, failing)
    assert [result.cell for result in outcome.results] == ["alpha-1.0_seed-0"]
    broken = sweep.states()[0]
    assert (broken.finished, broken.status.message) == (False, "The disk is full.")
    assert sweep.status().state == "finished"
    assert sweep.status().message == "1 run failed."
    # Whoever runs it again has repaired what was wrong.
    assert len(carry_out(sweep, here()).results) == 2


def test_a_stopped_sweep_goes_on_where_it_was(sweep, here):
    with pytest.raises(RunCancelled):
        carry_out(sweep, here(stop_at="alpha-1.0_seed-0"))
    assert sweep.status().state == "cancelled"
    rest = here()
    assert len(carry_out(sweep, rest).results) == 2
    assert rest.trained == ["alpha-1.0_seed-0"]


def test_when_all_cells_fail_so_does_the_sweep(sweep, tmp_path, here):
    one = sweep.plan.with_changes(vary={"objective.contrast.alpha": (0.0,)})
    alone = Sweep.create(tmp_path / "one", one)
    with pytest.raises(AncraError, match="The disk is full"):
        carry_out(alone, here(break_at="alpha-0.0_seed-0"))
    assert alone.status().state == "failed"


def test_one_process_at_a_time(sweep, here):
    class Impatient(here):
        def submit(self, run):
            with pytest.raises(AncraError, match="carried out already"):
                carry_out(Sweep.open(sweep.folder), here())
            super().submit(run)

    assert len(carry_out(sweep, Impatient()).results) == 2


def test_a_folder_holds_one_plan(sweep):
    assert Sweep.create(sweep.folder, sweep.plan).plan == sweep.plan
    with pytest.raises(AncraError, match="another sweep of this name"):
        Sweep.create(sweep.folder, sweep.plan.with_changes(seeds=2))
    with pytest.raises(AncraError, match="holds no sweep"):
        Sweep.open(sweep.folder / "runs")
    assert [each.folder for each in list_sweeps(sweep.folder.parent)] == [sweep.folder]


def test_a_plan_that_cannot_be_trained_makes_no_folder(sweep, tmp_path):
    wrong = sweep.plan.with_changes(vary={"objective.contrast.alpha": (0.0, 2.0)})
    with pytest.raises(AncraError, match="less than or equal to 1"):
        Sweep.create(tmp_path / "wrong", wrong)
    assert not (tmp_path / "wrong").exists()
