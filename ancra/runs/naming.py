"""Runs by what people call them."""

from contextlib import suppress
from pathlib import Path

from ancra.errors import AncraError, unknown_name
from ancra.jobs.status import UNFINISHED
from ancra.run_files import RunFiles
from ancra.runs.run import Run, list_runs


def find_run(name: str) -> Run:
    """A run by its name, by a part of it that no other name has, or by its folder.

    The beginning of a name counts before a part elsewhere. Raises AncraError when there is none, or more than one.
    """
    if name and RunFiles(Path(name)).recipe_file.is_file():
        return Run(Path(name))
    runs = {run.name: run for run in list_runs()}
    if name in runs:
        return runs[name]
    for found in ([each for each in runs if each.startswith(name)], [each for each in runs if name in each]):
        if len(found) == 1:
            return runs[found[0]]
        if found:
            some = ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
            raise AncraError(f"{name!r} fits {len(found)} runs: {some}; give more of the name.")
    raise unknown_name("run", name, runs)


def unfinished_runs(recipe: str) -> list[Run]:
    """The runs of a recipe's name that can be resumed, the newest first; a damaged one is left out."""
    found = []
    for run in list_runs():
        with suppress(AncraError):
            if run.recipe.name == recipe and run.status().state in UNFINISHED:
                found.append(run)
    return found
