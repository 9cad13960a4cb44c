"""What there is to say of a run at a glance, and how runs differ."""

from collections.abc import Sequence
from typing import Any

from ancra.errors import AncraError
from ancra.jobs.slots import queue_position
from ancra.recipe import Recipe, load_recipe, recipe_names
from ancra.runs.launch import read_launch
from ancra.runs.run import Run
from ancra.settings import flat
from ancra.training.best import best_row

ACCURACIES = ("natural", "pgd", "adaptive")
LABELS = ("name", "title", "description")  # of a recipe: what it is called, not what it does


def overview(run: Run) -> dict[str, Any]:
    """A run as plain data, with its last epoch's accuracies on held-out images: 0 to 1, None before the first."""
    status = run.status()
    rows = run.metrics()
    try:
        recipe: str | None = run.recipe.name
    except AncraError:
        recipe = None  # damaged: the run is shown all the same
    return {
        "name": run.name,
        "recipe": recipe,
        "state": status.state,
        "message": status.message,
        "epoch": status.epoch,
        "epochs": status.epochs,
        "remaining": status.remaining if status.active else None,
        **{name: rows[-1].get(name) if rows else None for name in ACCURACIES},
        "queue_position": queue_position(run.folder) if status.state == "queued" else None,
        "launcher": read_launch(run).launcher,
        "created": status.created,
        "updated": status.updated,
        "folder": str(run.folder),
    }


def best_epoch(run: Run) -> dict[str, Any] | None:
    """The row of the epoch whose weights the run keeps as its best; None before the first."""
    return best_row(run.metrics(), run.recipe.validation.metric)


def comparison(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """One row a run: the settings in which they differ, and the accuracies after the last epoch and the best one.

    Returns:
        Rows with the keys ``run``, ``state``, ``settings`` (dotted names, the same in every row), ``last`` and ``best``
        (epoch and accuracies, 0 to 1; None before the first epoch).

    Raises:
        AncraError: a run's recipe is damaged.
    """
    settings = [flat_settings(run.recipe) for run in runs]
    names = dict.fromkeys(name for each in settings for name in each)
    differing = [name for name in names if any(each.get(name) != settings[0].get(name) for each in settings)]
    return [
        {
            "run": run.name,
            "state": run.status().state,
            "settings": {name: each.get(name) for name in differing},
            "last": _accuracies(next(reversed(run.metrics()), None)),
            "best": _accuracies(best_epoch(run)),
        }
        for run, each in zip(runs, settings, strict=True)
    ]


def unlike_named(recipe: Recipe) -> dict[str, Any]:
    """The settings, by their dotted names, that differ from the shipped recipe of the same name; all without one."""
    named = flat_settings(load_recipe(recipe.name)) if recipe.name in recipe_names() else {}
    missing = object()
    return {name: value for name, value in flat_settings(recipe).items() if value != named.get(name, missing)}


def flat_settings(recipe: Recipe) -> dict[str, Any]:
    """A recipe's settings by their dotted names, without what it is called."""
    return flat({name: value for name, value in recipe.model_dump(mode="json").items() if name not in LABELS})


def _accuracies(row: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: row.get(name) for name in ("epoch", *ACCURACIES)} if row else None
