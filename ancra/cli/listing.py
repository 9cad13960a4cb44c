"""``ancra list``: what there is to work with."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from ancra.cli.console import print_table
from ancra.errors import unknown_name
from ancra.recipe import load_recipe, recipe_names


def list_(
    kind: Annotated[
        str | None, typer.Argument(help="datasets, models, recipes, sweeps or checkpoints; else all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what there is to work with."""
    if kind is not None and kind not in LISTS:
        raise unknown_name("list", kind, LISTS)
    found = {name: make() for name, make in LISTS.items() if kind in (None, name)}
    if as_json:
        print(json.dumps(found[kind] if kind else found, indent=1))
        return
    for name, rows in found.items():
        if kind is None:
            print(f"\n{name.upper()}")
        print_table([{key: row[key] for key in COLUMNS[name]} for row in rows])


def _datasets() -> list[dict[str, Any]]:
    from ancra.data.registry import DATASETS

    return [{"name": name, "description": _first_line(DATASETS[name])} for name in sorted(DATASETS)]


def _models() -> list[dict[str, Any]]:
    from ancra.models.registry import MODELS
    from ancra.models.sources import SOURCES

    ours = [{"name": name, "description": _first_line(MODELS[name])} for name in MODELS]
    return [*ours, *({"name": form, "description": words} for form, words in SOURCES.items())]


def _recipes() -> list[dict[str, Any]]:
    recipes = [load_recipe(name) for name in recipe_names()]
    return [
        {"name": r.name, "title": r.title, "dataset": r.data.name, "model": r.model.architecture, "epochs": r.epochs}
        | {"description": r.description}
        for r in recipes
    ]


def _sweeps() -> list[dict[str, Any]]:
    from ancra.sweeps.plan import load_plan, sweep_names

    plans = [load_plan(name) for name in sweep_names()]
    return [{"name": p.name, "title": p.title, "runs": p.size, "description": p.description} for p in plans]


def _checkpoints() -> list[dict[str, Any]]:
    from ancra.checkpoints import checkpoint_name, find_checkpoints

    return [
        {
            "name": checkpoint_name(path),
            "title": card.title,
            "dataset": card.dataset,
            "digest": card.digest,
            "path": str(path),
            "description": card.description,
            "evaluation": card.evaluation,
        }
        for path, card in find_checkpoints()
    ]


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().partition("\n")[0]


LISTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "datasets": _datasets,
    "models": _models,
    "recipes": _recipes,
    "sweeps": _sweeps,
    "checkpoints": _checkpoints,
}
COLUMNS = {
    "datasets": ("name", "description"),
    "models": ("name", "description"),
    "recipes": ("name", "title", "dataset", "model", "epochs"),
    "sweeps": ("name", "title", "runs"),
    "checkpoints": ("name", "title", "dataset", "digest"),
}
