"""The tables of docs/ say what the code says."""

import re
import runpy
from pathlib import Path

import pytest

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.suite import ATTACKS, WORST_CASE
from ancra.jobs.status import RunStatus
from ancra.runs.recorder import Recorder
from ancra.runs.run import Run
from ancra.training.trainer import train
from ancra.trust import examine  # noqa: F401  (importing it registers the checks)
from ancra.trust.check import CHECKS

DOCS = Path(__file__).parents[2] / "docs"
RECIPE_TABLE, SWEEPS_TABLE, RESULTS_TABLE, LIMITS_TABLE, ROOMS = (
    runpy.run_path(str(DOCS / "tools" / f"{name}.py"))
    for name in ("recipe_table", "sweeps_table", "results_table", "limits_table", "rooms")
)


def rows_of(page: str, heading: str) -> dict[str, list[str]]:
    """The rows of the first table below a heading, by the name in the first cell."""
    text = (DOCS / page).read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", text, re.M)]
    return {row[0].strip("`"): row[1:] for row in rows[2:]}


def test_the_table_of_recipe_fields_is_up_to_date():
    wanted = RECIPE_TABLE["page_with"](RECIPE_TABLE["table"]())
    assert RECIPE_TABLE["PAGE"].read_text(encoding="utf-8") == wanted, "run make docs"


def test_the_readmes_table_holds_the_shipped_results():
    assert RESULTS_TABLE["PAGE"].read_text(encoding="utf-8") == RESULTS_TABLE["page"](), "run make docs"


def test_the_tables_of_sweeps_hold_the_shipped_outcomes():
    assert SWEEPS_TABLE["PAGE"].read_text(encoding="utf-8") == SWEEPS_TABLE["page"](), "run make docs"


def test_the_table_of_limits_holds_those_of_the_code():
    assert LIMITS_TABLE["PAGE"].read_text(encoding="utf-8") == LIMITS_TABLE["page"](), "run make docs"


def test_the_lists_of_rooms_and_floors_are_those_of_the_code():
    assert ROOMS["PAGE"].read_text(encoding="utf-8") == ROOMS["page"](), "run make docs"
    assert ROOMS["MODULES"].read_text(encoding="utf-8") == ROOMS["modules"](), "run make docs"


def test_every_objective_and_attack_is_described():
    assert list(rows_of("attacks.md", "Objectives")) == list(OBJECTIVES)
    assert sorted(rows_of("attacks.md", "Named attacks")) == sorted(ATTACKS)


def test_the_budgets_of_named_attacks_are_right():
    for name, (_, budget, _) in rows_of("attacks.md", "Named attacks").items():
        if budget.isdigit():
            assert int(budget) == ATTACKS[name].searches, name
    text = (DOCS / "attacks.md").read_text(encoding="utf-8").split("\n## The worst case\n")[1]
    assert re.findall(r"`(\w+)`", text.split("searches together")[0]) == [*WORST_CASE]


def test_every_trust_check_is_described_with_its_thresholds():
    rows = rows_of("trust.md", "The checks")
    assert sorted(rows) == sorted(CHECKS)
    for name, (title, amber, red, unit, *_) in rows.items():
        check = CHECKS[name]
        shown = ["" if each is None else f"{each:g}" for each in (check.amber, check.red)]
        assert [title, amber, red, unit] == [check.title, *shown, check.unit], name


@pytest.mark.parametrize("base", ["trades", "mart"])
def test_every_metric_is_described(base, tiny_recipe, tmp_path):
    changes = {"base": base, "contrast": {}}
    run = Run.create(tmp_path / base, tiny_recipe.with_changes(epochs=1, batch_size=2048, objective=changes))
    with Recorder(run, RunStatus(epochs=1)) as recorder:
        train(run.recipe, run.folder, recorder)
    described = {key for name in rows_of("recipes.md", "metrics.jsonl") for key in name.replace("`", "").split(", ")}
    assert set(run.metrics()[0]) <= described
