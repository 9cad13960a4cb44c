"""Runs side by side as a file: their differing settings and accuracies, and where they are from."""

from collections.abc import Sequence

from ancra.files import csv_text
from ancra.origin import Origin, command_line, signed
from ancra.runs.command import train_command
from ancra.runs.overview import ACCURACIES, comparison
from ancra.runs.run import Run


def comparison_csv(runs: Sequence[Run]) -> bytes:
    """One line a run: the settings in which they differ, epoch and accuracies (0 to 1) of the last and the best epoch.

    Raises:
        AncraError: a run's recipe is damaged.
    """
    rows = [
        {"run": row["run"], "state": row["state"], **row["settings"]}
        | {
            f"{which} {key}": (row[which] or {}).get(key)
            for which in ("last", "best")
            for key in ("epoch", *ACCURACIES)
        }
        for row in comparison(runs)
    ]
    return signed(csv_text(rows).encode(), "csv", comparison_origin(runs, "Training runs side by side"))


def comparison_origin(runs: Sequence[Run], what: str, page: str = "") -> Origin:
    """Where a file about these runs is from."""
    recipes = [run.recipe for run in runs]
    seeds = {recipe.seed for recipe in recipes}
    return Origin(
        what=what,
        command=command_line("runs", "compare", *(run.name for run in runs), csv="runs.csv")
        if len(runs) > 1
        else train_command(recipes[0]) or "",
        page=page,
        data=", ".join(dict.fromkeys(recipe.data.name for recipe in recipes)),
        seed=seeds.pop() if len(seeds) == 1 else None,
        settings={run.name: recipe.name for run, recipe in zip(runs, recipes, strict=True)},
    )
