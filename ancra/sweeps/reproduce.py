"""The commands that train a sweep, or one run of it, again."""

import json
import shlex
from typing import Any

from ancra.runs.overview import unlike_named
from ancra.sweeps.outcome import CellResult, Outcome
from ancra.sweeps.plan import SweepPlan, load_plan, sweep_names
from ancra.training.recipe import Recipe, recipe_names


def sweep_command(plan: SweepPlan) -> str | None:
    """``ancra sweep ...`` for a plan; None where its recipe does not come with the project."""
    if plan.name in sweep_names() and load_plan(plan.name) == plan:
        return f"ancra sweep {plan.name}"
    changes = _changes(plan.recipe)
    if changes is None:
        return None
    # What the command line adds itself need not be said.
    changes = {key: value for key, value in changes.items() if (key, value) != ("test_attacks", ["worst"])}
    vary = (("--vary", f"{key}={','.join(map(_text, values))}") for key, values in plan.vary.items())
    sets = (("--set", f"{key}={_text(value)}") for key, value in changes.items())
    ends = (("--seeds", str(plan.seeds)), ("--name", plan.name))
    return shlex.join(["ancra", "sweep", plan.recipe.name, *(word for pair in (*vary, *sets, *ends) for word in pair)])


def train_command(outcome: Outcome, result: CellResult) -> str | None:
    """``ancra train ...`` for one run of a sweep; None where its recipe does not come with the project.

    Raises:
        AncraError: the result's values make no recipe.
    """
    changes = _changes(outcome.plan.cell(result.values, result.seed).recipe)
    if changes is None:
        return None
    sets = (word for key, value in changes.items() for word in ("--set", f"{key}={_text(value)}"))
    return shlex.join(["ancra", "train", outcome.plan.recipe.name, *sets])


def _changes(recipe: Recipe) -> dict[str, Any] | None:
    return unlike_named(recipe) if recipe.name in recipe_names() else None


def _text(value: Any) -> str:
    """A value as YAML reads it back."""
    return value if isinstance(value, str) else json.dumps(value)
