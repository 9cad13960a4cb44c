"""The commands that train a sweep, or one run of it, again."""

import shlex
from decimal import Decimal
from typing import Any

from ancra.errors import AncraError
from ancra.recipe import Recipe, recipe_names
from ancra.runs.command import as_yaml
from ancra.runs.command import train_command as runs_command
from ancra.runs.overview import unlike_named
from ancra.sweeps.axes import parse_axis
from ancra.sweeps.outcome import CellResult, Outcome
from ancra.sweeps.plan import SweepPlan, load_plan, sweep_names
from ancra.sweeps.trends import is_number


def sweep_command(plan: SweepPlan) -> str | None:
    """``ancra sweep ...`` for a plan; None where its recipe does not come with the project."""
    if plan.name in sweep_names() and load_plan(plan.name) == plan:
        return f"ancra sweep {plan.name}"
    changes = _changes(plan.recipe)
    if changes is None:
        return None
    # What the command line adds itself need not be said.
    changes = {key: value for key, value in changes.items() if (key, value) != ("test_attacks", ["worst"])}
    vary = (("--vary", _axis(key, values)) for key, values in plan.vary.items())
    sets = (("--set", f"{key}={as_yaml(value)}") for key, value in changes.items())
    ends = (("--seeds", str(plan.seeds)), ("--name", plan.name))
    return shlex.join(["ancra", "sweep", plan.recipe.name, *(word for pair in (*vary, *sets, *ends) for word in pair)])


def train_command(outcome: Outcome, result: CellResult) -> str | None:
    """``ancra train ...`` for one run of a sweep; None where its recipe does not come with the project.

    Raises:
        AncraError: the result's values make no recipe.
    """
    return runs_command(outcome.plan.cell(result.values, result.seed).recipe)


def _changes(recipe: Recipe) -> dict[str, Any] | None:
    return unlike_named(recipe) if recipe.name in recipe_names() else None


def _axis(key: str, values: tuple[Any, ...]) -> str:
    """What varies as ``--vary`` takes it: a range where that is shorter and means the same."""
    listed = f"{key}={','.join(map(as_yaml, values))}"
    if len(values) < 4 or not all(map(is_number, values)):
        return listed
    first, second, last = (Decimal(str(value)) for value in (values[0], values[1], values[-1]))
    ranged = f"{key}={first}:{last}:{second - first}"
    try:
        return ranged if parse_axis(ranged)[1] == values else listed
    except AncraError:
        return listed  # values that fall, or do not keep their distance
