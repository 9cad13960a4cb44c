"""A plan from what a person gives: a name, what varies, what is changed, how many seeds."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ancra.errors import AncraError
from ancra.recipe import Recipe, load_recipe, recipe_names
from ancra.settings import changed, parse
from ancra.sweeps.plan import SweepPlan, load_plan, sweep_names

NOTHING: Mapping[str, Any] = MappingProxyType({})


def make_plan(
    name: str,
    vary: Mapping[str, tuple[Any, ...]] = NOTHING,
    changes: Mapping[str, Any] = NOTHING,
    seeds: int | None = None,
    called: str | None = None,
) -> SweepPlan:
    """The plan of a sweep by name, of a recipe with ``vary``, or of a YAML file; tested with ``worst`` if with nothing.

    Args:
        vary: the values of each setting, as ``parse_axis`` gives them, instead of what a named sweep varies.
        changes: of every run's settings, as ``parse_changes`` gives them.
        called: the sweep's name, else the named sweep's or one after the recipe.

    Raises:
        AncraError: there is no such sweep, recipe, setting or value.
    """
    is_file = name.endswith((".yaml", ".yml"))
    if name in sweep_names() or (is_file and not vary):
        data = load_plan(name).model_dump(mode="json")
    elif vary:
        base = load_recipe(name)
        data = {"name": f"{base.name}-sweep", "title": f"{base.title}, varied", "recipe": base.model_dump(mode="json")}
    elif name in recipe_names():
        raise AncraError(f"{name} is a recipe: say what varies, as in contrast.alpha=0:1:0.1.")
    else:
        return load_plan(name)  # which says that there is none
    if vary:
        data["vary"] = dict(vary)
    recipe = parse(Recipe, changed(data["recipe"], changes), name).rooted()
    data["recipe"] = recipe.with_changes(test_attacks=recipe.test_attacks or ("worst",)).model_dump(mode="json")
    given = {"name": called, "seeds": seeds}
    return parse(SweepPlan, {**data, **{key: value for key, value in given.items() if value is not None}}, name)
