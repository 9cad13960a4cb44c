"""What there is to say of a run at a glance, and how runs differ."""

from collections.abc import Sequence
from typing import Any

from ancra.errors import AncraError
from ancra.jobs.launch import read_launch
from ancra.jobs.slots import queue_position
from ancra.recipe import LABELS, Recipe, load_recipe, recipe_changes, recipe_differences, recipe_names
from ancra.runs.labels import read_labels
from ancra.runs.run import Run
from ancra.settings import flat
from ancra.training.best import best_row
from ancra.training.observer import EpochRow

ACCURACIES = ("natural", "pgd", "adaptive")


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
        **read_labels(run).model_dump(mode="json"),
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


def best_epoch(run: Run) -> EpochRow | None:
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
    # Settings that a run has not, as those of a table that is left out, count as none.
    differing = {
        path: [None if value is ... else value for value in values]
        for path, values in recipe_differences([run.recipe for run in runs]).items()
    }
    differing = {path: values for path, values in differing.items() if any(value != values[0] for value in values)}
    return [
        {
            "run": run.name,
            "state": run.status().state,
            "settings": {path: values[index] for path, values in differing.items()},
            "last": _accuracies(next(reversed(run.metrics()), None)),
            "best": _accuracies(best_epoch(run)),
        }
        for index, run in enumerate(runs)
    ]


def unlike_named(recipe: Recipe) -> dict[str, Any]:
    """The settings, by their dotted names, that differ from the shipped recipe of the same name; all without one."""
    if recipe.name not in recipe_names():
        return flat(recipe.model_dump(mode="json", exclude=LABELS))
    return {path: new for path, (_, new) in recipe_changes(load_recipe(recipe.name), recipe).items()}


def _accuracies(row: EpochRow | None) -> dict[str, float | None] | None:
    return {name: row.get(name) for name in ("epoch", *ACCURACIES)} if row else None
