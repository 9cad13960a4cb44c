"""``ancra train``: one run, here or handed to a launcher."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ancra.cli.console import training_progress
from ancra.cli.flags import given_by
from ancra.cli.runs import submit
from ancra.errors import AncraError
from ancra.paths import runs_folder
from ancra.recipe import Recipe, load_recipe, recipe_changes
from ancra.run_files import RunFiles
from ancra.settings import changed, parse, parse_changes

DIFFERENCES = 3  # of settings that a sentence can take


def train(
    recipe: Annotated[str, typer.Argument(help="A name from `ancra list recipes`, or a YAML file.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, as in epochs=20.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; without it a new one in the workspace.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last whole epoch.")] = False,
    checkpoint: Annotated[Path | None, typer.Option(help="Copy the finished checkpoint to this file.")] = None,
    launcher: Annotated[
        str | None, typer.Option(help="local, ray or slurm: hand the run over and return; see `ancra runs`.")
    ] = None,
    estimated: Annotated[
        bool, typer.Option("--estimate", help="Say how long it would take and how much memory, and do not train.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --estimate: print JSON.")] = False,
    queued: Annotated[bool, typer.Option("--queued", hidden=True, help="Wait for a free slot first.")] = False,
) -> None:
    """Train a model by a recipe. Ctrl-C stops it so that --resume can go on."""
    if estimated:
        from ancra.training.estimate import estimate

        found = estimate(_recipe(recipe, changes or []))
        return print(json.dumps(found.row()) if as_json else "\n".join((found.sentence, *found.doubts)))
    if launcher is not None:
        if checkpoint is not None:
            raise AncraError("--checkpoint needs a run that is waited for: leave out --launcher.")
        return submit(lambda: _run_for(_recipe(recipe, changes or []), out, resume), launcher)
    from ancra.runs.execution import execute

    if not queued:  # a process that waits in the line has no torch yet, and no helpers
        from ancra.training.processes import is_helper

        if is_helper():
            from ancra.training.trainer import help_train

            return help_train(_recipe(recipe, changes or []))
    run = _run_for(_recipe(recipe, changes or []), out, resume)
    with training_progress() as (on_progress, on_line):
        final = execute(run, resume=resume, on_progress=on_progress, on_line=on_line, queued=queued)
    print(f"checkpoint: {_copied(final, checkpoint) if checkpoint else final}")


def _recipe(name: str, changes: list[str]) -> Recipe:
    recipe = load_recipe(name)
    with given_by("--set"):
        values = parse_changes(changes)
    data = changed(recipe.model_dump(mode="json"), values)
    return parse(Recipe, data, source="--set" if changes else name).rooted()


def _run_for(recipe: Recipe, out: Path | None, resume: bool) -> Any:
    """The run to train: a new one, or with ``resume`` the one in ``out`` or the newest unfinished one of the recipe."""
    from ancra.runs.naming import unfinished_runs
    from ancra.runs.run import Run, new_run

    if not resume:
        return Run.create(out, recipe) if out else new_run(recipe)
    if out is None:
        candidates = unfinished_runs(recipe.name)
        if not candidates:
            raise AncraError(f"{runs_folder()} holds no unfinished run of {recipe.name}: leave out --resume.")
        run = candidates[0]
    elif not RunFiles(out).recipe_file.exists():
        return Run.create(out, recipe)
    else:
        run = Run.open(out)
    if not run.recipe.trains_as(recipe):
        raise AncraError(
            f"{run.folder} was started with other settings than these ({_differing(run.recipe, recipe)}): "
            f"go on with `ancra train {run.recipe_file} --out {run.folder} --resume`, or train into another folder."
        )
    run.write_recipe(recipe)
    return run


def _differing(there: Recipe, here: Recipe) -> str:
    """The first settings that differ, with both values."""
    found = [f"{path} {old} there, {new} here" for path, (old, new) in recipe_changes(there, here).items()]
    more = [f"{len(found) - DIFFERENCES} more"] if len(found) > DIFFERENCES else []
    return "; ".join(found[:DIFFERENCES] + more)


def _copied(final: Path, target: Path) -> Path:
    from ancra.files import replace_file

    try:
        replace_file(target, lambda file: file.write(final.read_bytes()))
    except OSError as error:
        raise AncraError(f"{target} cannot be written: {error.strerror}; the checkpoint is {final}.") from None
    return target
