"""The command line: ``ancra ...`` and ``python -m ancra ...``."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ancra.cli_runs import runs, submit
from ancra.cli_strategies import strategies
from ancra.cli_sweep import sweep
from ancra.console import counting_progress, print_table, training_progress
from ancra.errors import AncraError, unknown_name
from ancra.paths import ROOT, runs_folder
from ancra.plugins import load_plugins
from ancra.settings import apply_changes, parse
from ancra.training.recipe import Recipe, load_recipe, recipe_names

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Train, attack and map adversarially robust image classifiers.",
)


cli.command("sweep")(sweep)
cli.add_typer(runs, name="runs")


def main() -> None:
    """Run a command; bad input gives one sentence and exit code 2."""
    from ancra.runs.signals import RunCancelled

    for error in load_plugins():
        print(error, file=sys.stderr)
    try:
        cli()
    except AncraError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except RunCancelled as error:
        print("Stopped; --resume goes on from the last whole epoch.", file=sys.stderr)
        sys.exit(128 + error.signal)
    except BrokenPipeError:
        # Whoever read our output has gone (`ancra list | head`); Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@cli.command("list")
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


@cli.command()
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
        return print(json.dumps(found.row()) if as_json else found.sentence)
    if launcher is not None:
        if checkpoint is not None:
            raise AncraError("--checkpoint needs a run that is waited for: leave out --launcher.")
        return submit(lambda: _run_for(_recipe(recipe, changes or []), out, resume), launcher)
    from ancra.runs.execution import execute

    if not queued:  # a process that waits in the line has no torch yet, and no helpers
        from ancra.training.processes import helps

        if helps():
            from ancra.training.trainer import help_train

            return help_train(_recipe(recipe, changes or []))
    run = _run_for(_recipe(recipe, changes or []), out, resume)
    with training_progress() as (on_progress, on_line):
        final = execute(run, resume=resume, on_progress=on_progress, on_line=on_line, queued=queued)
    print(f"checkpoint: {_copied(final, checkpoint) if checkpoint else final}")


@cli.command()
def evaluate(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    attacks: Annotated[
        str, typer.Option(metavar="A,B,...", help="More attacks, each on every image; `worst` adds the worst case.")
    ] = "",
    samples: Annotated[int | None, typer.Option(min=1, help="A seeded sample of the test images; else all.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a checkpoint and line.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Keep the result in the checkpoint's card.")] = False,
    use_store: Annotated[
        bool, typer.Option("--store", help="Take outcomes that are stored, and store new ones for the app.")
    ] = False,
) -> None:
    """Measure natural accuracy, and robust accuracy under PGD-40, adaptive PGD-40 and other attacks."""
    from ancra.checkpoints import keep_evaluation, resolve_checkpoint

    paths = [resolve_checkpoint(name) for name in checkpoints]
    from ancra.evaluation.accuracy import evaluate_checkpoint, named_attacks, sentence
    from ancra.store import Store

    names, worst_of = named_attacks(tuple(name.strip() for name in attacks.split(",") if name.strip()))
    for path in paths:
        with counting_progress(path.stem) as on_progress:
            row = evaluate_checkpoint(
                path, samples, device, on_progress, names, worst_of, Store() if use_store else None
            )
        if write:
            keep_evaluation(path, row)
        print(json.dumps(row) if as_json else sentence(row), flush=True)


@cli.command()
def trust(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    samples: Annotated[int, typer.Option(min=1, help="Images examined, a seeded sample of the test split.")] = 500,
    against: Annotated[
        list[str] | None,
        typer.Option(help="Models for the transfer check (give it again for more); else the shipped ones."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a checkpoint and line.")] = False,
    use_store: Annotated[
        bool, typer.Option("--store", help="Take a report that is stored, and store a new one.")
    ] = False,
) -> None:
    """Say whether the robust accuracy under PGD can be believed, and why."""
    from ancra.checkpoints import checkpoint_name, resolve_checkpoint

    paths = [resolve_checkpoint(name) for name in checkpoints]
    others = None if against is None else [resolve_checkpoint(name) for name in against]
    from ancra.store import Store
    from ancra.trust.stored import checkpoint_trust

    for path in paths:
        with counting_progress(path.stem) as on_progress:
            report = checkpoint_trust(
                path, samples, others, Store() if use_store else None, device, lambda _, *counts: on_progress(*counts)
            )
        if as_json:
            print(json.dumps({"checkpoint": checkpoint_name(path), **report.to_json()}), flush=True)
        else:
            print(f"{checkpoint_name(path)}: {report.summary}", flush=True)
            for check in report.checks:
                print(f"  {check.level:8} {check.title}: {check.sentence}")


@cli.command()
def results(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    parts: Annotated[
        str, typer.Option(metavar="A,B,...", help="attacks, autoattack, trust, curves, transfer; else all.")
    ] = "",
    into: Annotated[Path | None, typer.Option(help="The folder to write to; else the workspace's.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    report: Annotated[bool, typer.Option("--report", hidden=True, help="Write a status that the app follows.")] = False,
) -> None:
    """Make everything that the app's Robustness page shows. When stopped, it goes on where it was."""
    from ancra.checkpoints import checkpoint_name, read_card, resolve_checkpoint

    paths = [resolve_checkpoint(name) for name in checkpoints]
    from ancra.device import limit_threads
    from ancra.paths import results_folders
    from ancra.runs.evaluations import EvaluationJob
    from ancra.runs.results import PARTS, make_results
    from ancra.runs.signals import RunCancelled
    from ancra.store import Store

    limit_threads()
    chosen = tuple(part.strip() for part in parts.split(",") if part.strip()) or PARTS
    store = Store() if into is None else Store([into, *results_folders()])
    for path in paths:
        if report:
            try:
                EvaluationJob(read_card(path).digest).carry_out(path, store, chosen, device)
            except RunCancelled as error:
                raise typer.Exit(128 + error.signal) from None
            continue
        with counting_progress(path.stem) as on_progress:
            make_results(path, store, chosen, device, lambda _, share, __: on_progress(round(1000 * share), 1000))
        print(f"{checkpoint_name(path)}: {', '.join(chosen)} stored in {store.folders[0]}", flush=True)


@cli.command("map")
def map_(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    out: Annotated[Path, typer.Option(help="The .html, .png, .svg or .csv file to write.")],
    attack: Annotated[str, typer.Option(help="natural, or an attack such as pgd10 or adaptive10.")] = "pgd10",
    epsilon: Annotated[float | None, typer.Option(help="The attack's radius; else the checkpoint's own.")] = None,
    features: Annotated[str, typer.Option(help="z' (after reverse attention) or z (before it).")] = "z'",
    block: Annotated[int, typer.Option(help="Which reverse-attention block: 0 is the first, -1 the last.")] = -1,
    samples: Annotated[int, typer.Option(min=1, help="A seeded sample of the test images.")] = 1000,
    layout: Annotated[str, typer.Option(help="plain, or reference (densMAP, as the paper's figures).")] = "plain",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sample and the layout.")] = 0,
    colour: Annotated[str, typer.Option(help="true, predicted, flipped, kept or confidence.")] = "true",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Map what models make of the same test images, natural and adversarial, side by side."""
    from ancra.checkpoints import resolve_checkpoint

    paths = [resolve_checkpoint(name) for name in checkpoints]
    from ancra.features.comparison import scene_of_checkpoints
    from ancra.features.export import check_colour, check_ending, write_scene
    from ancra.features.map_settings import map_settings

    check_ending(out)
    check_colour(colour)
    settings = map_settings(attack, epsilon, features, block, samples, layout, seed)
    with counting_progress("Mapping") as on_progress:
        scene = scene_of_checkpoints(paths, settings, device, on_progress)
    write_scene(scene, out, colour)
    print(f"{out}: {scene.caption}")


cli.command()(strategies)


@cli.command()
def app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "localhost",
) -> None:
    """Serve the app."""
    script = ROOT / "app" / "server.py"
    if not script.is_file():
        raise AncraError(f"The app is not installed: {script} is missing; clone the repository and use `make app`.")
    arguments = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    arguments += [f"--server.port={port}", f"--server.address={address}", "--browser.gatherUsageStats=false"]
    os.chdir(ROOT)
    os.execv(sys.executable, arguments)


def _recipe(name: str, changes: list[str]) -> Recipe:
    recipe = load_recipe(name)
    data = apply_changes(recipe.model_dump(mode="json"), changes)
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
    elif not (out / "recipe.yaml").exists():
        return Run.create(out, recipe)
    else:
        run = Run.open(out)
    if run.recipe != recipe:
        raise AncraError(
            f"{run.folder} was started with other settings than these: "
            f"go on with `ancra train {run.recipe_file} --out {run.folder} --resume`, or train into another folder."
        )
    return run


def _copied(final: Path, target: Path) -> Path:
    from ancra.files import replace_file

    try:
        replace_file(target, lambda file: file.write(final.read_bytes()))
    except OSError as error:
        raise AncraError(f"{target} cannot be written: {error.strerror}; the checkpoint is {final}.") from None
    return target


def _datasets() -> list[dict[str, Any]]:
    from ancra.data.registry import DATASETS

    return [{"name": name, "description": _first_line(DATASETS[name])} for name in sorted(DATASETS)]


def _models() -> list[dict[str, Any]]:
    from ancra.models.registry import MODELS

    return [{"name": name, "description": _first_line(MODELS[name])} for name in MODELS]


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
