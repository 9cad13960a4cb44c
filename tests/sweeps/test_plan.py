"""Plans and the cells that follow from them."""

import pytest

from ancra.errors import AncraError
from ancra.settings import parse, read_yaml, yaml_text
from ancra.sweeps.plan import SweepPlan, label, load_plan, sweep_names


@pytest.fixture
def plan(tiny_recipe):
    vary = {"negatives.strategy": ("random", "soft_ls"), "objective.contrast.alpha": (0.0, 1.0)}
    return SweepPlan(name="both", title="Both", recipe=tiny_recipe, vary=vary, seeds=2)


def test_every_combination_with_every_seed(plan):
    cells = list(plan.cells())
    assert len(cells) == plan.size == 8
    assert len({cell.name for cell in cells}) == 8
    assert [cell.seed for cell in cells] == [0] * 4 + [1] * 4
    last = cells[-1]
    assert last.name == "strategy-soft_ls_alpha-1.0_seed-1"
    assert (last.recipe.negatives.picker, last.recipe.negatives.perturbation) == ("soft_ls", "none")
    assert (last.recipe.objective.contrast.alpha, last.recipe.seed) == (1.0, 1)
    assert last.recipe.title == "TRADES-ANCRA, strategy soft_ls, alpha 1.0, seed 1"
    assert label(tuple(last.values.items())) == "strategy soft_ls, alpha 1.0"


def test_nothing_else_differs_from_the_recipe(plan, tiny_recipe):
    changed = {"negatives", "objective", "seed", "title"}
    for cell in plan.cells():
        assert cell.recipe.model_dump(exclude=changed) == tiny_recipe.model_dump(exclude=changed)


def test_there_and_back(plan, tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(yaml_text(plan))
    assert read_yaml(SweepPlan, path) == load_plan(str(path)) == plan


def test_the_contrast_of_a_recipe_without_one(tiny_recipe):
    plain = tiny_recipe.with_changes(objective={"base": "trades"})
    plan = SweepPlan(name="alphas", title="", recipe=plain, vary={"objective.contrast.alpha": (0.5,)}, seeds=1)
    assert next(plan.cells()).recipe.objective.contrast.alpha == 0.5


def test_a_value_that_the_recipe_refuses_is_named(tiny_recipe):
    plan = SweepPlan(name="alphas", title="", recipe=tiny_recipe, vary={"objective.contrast.alpha": (0.5, 1.5)})
    with pytest.raises(AncraError, match=r"alphas, alpha-1\.5_seed-0: .*alpha = 1\.5"):
        list(plan.cells())


@pytest.mark.parametrize("vary", [{}, {"epochs": ()}, {"seed": (1, 2)}])
def test_plans_without_sense_are_refused(tiny_recipe, vary):
    data = {"name": "x", "title": "x", "recipe": tiny_recipe.model_dump(), "vary": vary}
    with pytest.raises(AncraError):
        parse(SweepPlan, data, "x")


def test_the_named_sweeps_are_what_their_names_say():
    assert {"table2-digits", "figure3-digits", "figure4-digits"} <= set(sweep_names())
    table = load_plan("table2-digits")
    assert [cell.recipe.negatives.picker for cell in table.cells()][:4] == ["random", "soft_ls", "hard_ls", "random"]
    assert load_plan("figure3-digits").vary["objective.contrast.alpha"] == tuple(i / 10 for i in range(11))
    for name in sweep_names():
        plan = load_plan(name)
        assert plan.name == name
        assert {cell.recipe.test_attacks for cell in plan.cells()} == {("worst",)}


def test_a_typo_gets_the_nearest_name():
    with pytest.raises(AncraError, match="did you mean 'table2-digits'"):
        load_plan("table2-digit")
