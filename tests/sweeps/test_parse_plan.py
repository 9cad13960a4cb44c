"""Plans from what a person gives, and the commands that make them again."""

import shlex
from itertools import pairwise

import pytest

from ancra.errors import AncraError
from ancra.recipe import load_recipe
from ancra.settings import apply_changes, parse_changes
from ancra.sweeps.axes import parse_axis
from ancra.sweeps.parse_plan import make_plan
from ancra.sweeps.plan import load_plan
from ancra.sweeps.reproduce import sweep_command, train_command


def test_a_named_sweep_is_its_file():
    assert make_plan("table2-digits") == load_plan("table2-digits")
    assert sweep_command(make_plan("table2-digits")) == "ancra sweep table2-digits"


def planned(name, vary, changes=(), *rest):
    return make_plan(name, dict(map(parse_axis, vary)), parse_changes(changes), *rest)


def test_a_plan_and_its_command_are_the_same():
    plan = planned("digits-trades-ancra", ["contrast.alpha=0:1:0.1", "epochs=1,2,4,8"], ["batch_size=64"], 2, "mine")
    assert (plan.size, plan.recipe.batch_size, plan.recipe.test_attacks) == (88, 64, ("worst",))
    words = shlex.split(sweep_command(plan))
    assert words[:3] == ["ancra", "sweep", "digits-trades-ancra"]

    def given(flag):
        return [value for name, value in pairwise(words) if name == flag]

    assert given("--vary") == ["objective.contrast.alpha=0.0:1.0:0.1", "epochs=1,2,4,8"]
    assert planned(words[2], given("--vary"), given("--set"), int(*given("--seeds")), *given("--name")) == plan


def test_a_run_of_a_sweep_has_a_command(make_outcome):
    recipe = make_plan("table2-digits").recipe
    outcome = make_outcome(recipe, {"negatives.strategy": ("soft_ls",)}, lambda *_: 0.5, seeds=2)
    words = shlex.split(train_command(outcome, outcome.results[1]))
    changed = apply_changes(load_recipe(words[2]).model_dump(mode="json"), words[4::2])
    own = outcome.plan.cell(outcome.results[1].values, 1).recipe.model_dump(mode="json")
    assert {**changed, "title": own["title"]} == own


def test_a_recipe_of_ones_own_has_no_command(make_outcome, tiny_recipe):
    outcome = make_outcome(tiny_recipe, {"epochs": (1, 2)}, lambda *_: 0.5)
    assert train_command(outcome, outcome.results[0]) is None
    assert sweep_command(outcome.plan) is None


@pytest.mark.parametrize(
    ("base", "vary", "said"),
    [
        ("digits-trades-ancra", [], "say what varies"),
        ("digits-trades-ancra", ["contrast.alfa=0,1"], "did you mean 'contrast.alpha'"),
        ("table2-digit", [], "did you mean 'table2-digits'"),
    ],
)
def test_bad_input(base, vary, said):
    with pytest.raises(AncraError, match=said):
        planned(base, vary)
