"""A part of an outcome: the runs that share some of the varied values, seen as a sweep over the others."""

from collections.abc import Mapping
from typing import Any

from ancra.recipe import Recipe
from ancra.settings import changed, parse
from ancra.sweeps.outcome import Outcome


def varied(outcome: Outcome) -> dict[str, tuple[Any, ...]]:
    """What takes more than one value: full path of a setting -> its values."""
    return {key: values for key, values in outcome.plan.vary.items() if len(values) > 1}


def sliced(outcome: Outcome, fixed: Mapping[str, Any]) -> Outcome:
    """The outcome of the runs with these values, in which these settings vary no more.

    Args:
        fixed: full path of a varied setting -> one of its values; at least one varied setting has to be left.

    Raises:
        AncraError: the fixed values make no recipe.
    """
    if not fixed:
        return outcome
    plan = outcome.plan
    recipe = parse(Recipe, changed(plan.recipe.model_dump(mode="json"), fixed), plan.name)
    rest = {key: values for key, values in plan.vary.items() if key not in fixed}
    results = (each for each in outcome.results if all(each.values[key] == value for key, value in fixed.items()))
    return outcome.model_copy(
        update={
            "plan": plan.model_copy(update={"recipe": recipe, "vary": rest}),
            "results": tuple(each.model_copy(update={"values": {k: each.values[k] for k in rest}}) for each in results),
        }
    )
