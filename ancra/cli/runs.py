"""``ancra runs``: what runs there are, how far they are, ending them, going on with them, comparing them."""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ancra.cli.console import print_table
from ancra.errors import AncraError
from ancra.progress import duration

if TYPE_CHECKING:
    from ancra.runs.run import Run

runs = typer.Typer(
    help="Training runs: list, show, follow, stop, resume, delete, compare.", invoke_without_command=True
)

POLL = 0.5  # seconds between two looks at a run
ENGINE_POLL = 5.0  # seconds between two questions to an engine
STOP_SECONDS = 15.0  # how long `stop` waits for a run's own ending
TITLES = {"natural": "natural", "pgd": "PGD", "adaptive": "adaptive"}

Name = Annotated[str, typer.Argument(help="The run's name, a part of it that no other has, or its folder.")]
Names = Annotated[list[str], typer.Argument(help="Names of runs, parts of them that no other has, or folders.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@runs.callback()
def list_runs(context: typer.Context, as_json: AsJson = False) -> None:
    """List the runs, the newest first, with the last epoch's accuracies on held-out training images."""
    if context.invoked_subcommand is not None:
        return
    from ancra.runs.overview import overview
    from ancra.runs.run import list_runs

    rows = [overview(run) for run in list_runs()]
    if as_json:
        print(json.dumps(rows, indent=1))
    elif not rows:
        print("There are no runs yet: `ancra train digits-trades-ancra --launcher local` starts one.")
    else:
        print_table([_table_row(row) for row in rows])


@runs.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show one run: state, recipe, last and best epoch, the end of its log. Its launcher's engine is asked, too."""
    from ancra.jobs.launch import read_launch
    from ancra.launchers.registry import launcher_of
    from ancra.runs.naming import find_run
    from ancra.runs.overview import best_epoch, overview, unlike_named

    run = find_run(name)
    status = launcher_of(run).status(run)
    row = overview(run) | {"state": status.state, "message": status.message, "job": read_launch(run).job}
    rows, best = run.metrics(), best_epoch(run)
    if as_json:
        more = {"last": rows[-1] if rows else None, "best": best, "settings": run.recipe.model_dump(mode="json")}
        print(json.dumps(row | more, indent=1))
        return
    shown = {
        "run": run.name,
        "title": row["title"],
        "note": row["note"],
        "tags": ", ".join(row["tags"]),
        "folder": run.folder,
        "state": _state(row) + (f": {status.message}" if status.message else ""),
        "launcher": " ".join((row["launcher"], row["job"])).strip(),
        "created": f"{datetime.fromtimestamp(status.created):%Y-%m-%d %H:%M:%S}" if status.created else "",
        "epoch": f"{status.epoch} of {status.epochs}",
        "left": duration(row["remaining"]),
        "last": _accuracies(rows[-1] if rows else None),
        "best": _accuracies(best),
    }
    for title, value in shown.items():
        if str(value):
            print(f"{title:10}{value}")
    for setting, value in unlike_named(run.recipe).items():
        print(f"{'setting':10}{setting} = {_in_words(value)}")
    if run.log_tail():
        print(f"\n{run.log_tail(10)}")


@runs.command()
def follow(name: Name) -> None:
    """Print a run's log as it is written, until the run ends; Ctrl-C leaves the run alone.

    The exit code is 1 unless the run finished.
    """
    from ancra.runs.naming import find_run

    run = find_run(name)
    try:
        status = _printed_log(run)
    except KeyboardInterrupt:
        print(f"{run.name} goes on; stop it with `ancra runs stop {run.name}`.", file=sys.stderr)
        return
    print(f"{run.name}: {status.state}" + (f" ({status.message})" if status.message else ""))
    raise typer.Exit(0 if status.state == "finished" else 1)


@runs.command()
def stop(
    names: Names,
    forget: Annotated[bool, typer.Option("--forget", help="Give up jobs whose engine is gone for good.")] = False,
) -> None:
    """Stop runs so that they can be resumed."""
    from ancra.jobs.ending import wait_until_idle
    from ancra.jobs.launch import write_state
    from ancra.launchers.registry import launcher_of
    from ancra.runs.naming import find_run

    for run in [find_run(name) for name in names]:
        status = run.status() if forget else launcher_of(run).status(run)
        if not status.active and not run.status().active:
            print(f"{run.name} is not going on: it is {status.state}.")
            continue
        if forget and status.pid is None:
            write_state(run, "cancelled", "Its job was given up; resume to submit it again.")
        else:
            launcher_of(run).cancel(run)
        wait_until_idle(run.status, STOP_SECONDS)
        print(f"{run.name}: {'told to stop' if run.status().active else run.status().state}", flush=True)


@runs.command()
def resume(
    names: Names,
    launcher: Annotated[str | None, typer.Option(help="local, ray or slurm; else the one of last time.")] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Give them more epochs, this many in all; finished ones too.")
    ] = None,
) -> None:
    """Go on with runs from their last whole epoch, and return."""
    from ancra.jobs.launch import read_launch
    from ancra.runs.extend import extend
    from ancra.runs.naming import find_run

    found = [find_run(name) for name in names]
    for run in found if epochs else []:
        extend(run, epochs or 0)
    for run in found:
        if run.status().state == "finished":
            raise AncraError(f"{run.name} is finished: `--epochs` gives it more.")
    for run in found:
        submit(lambda run=run: run, launcher or read_launch(run).launcher)  # type: ignore[misc]


@runs.command()
def delete(names: Names, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete runs with all their files, checkpoints included."""
    from ancra.runs.naming import find_run
    from ancra.runs.run import delete_run

    found = [find_run(name) for name in names]
    for run in found:
        if run.status().active:
            raise AncraError(f"{run.name} is being trained: stop it first.")
    if not yes:
        for run in found:
            print(f"{run.folder}  ({run.status().state}, epoch {run.status().epoch} of {run.status().epochs})")
        typer.confirm(f"Delete {len(found)} run{'s' * (len(found) > 1)} for good?", abort=True)
    for run in found:
        delete_run(run)
        print(f"{run.name} is deleted.")


@runs.command()
def label(
    name: Name,
    title: Annotated[str | None, typer.Option(help="What the run is called; '' for its recipe's title.")] = None,
    note: Annotated[str | None, typer.Option(help="What is worth remembering of it.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="A word it is found by; '' for none.")] = None,
) -> None:
    """Name a run, note something about it, tag it; what is not given stays."""
    from ancra.runs.labels import read_labels, write_labels
    from ancra.runs.naming import find_run

    run = find_run(name)
    given = {"title": title, "note": note, "tags": tags}
    labels = read_labels(run).with_changes(**{key: value for key, value in given.items() if value is not None})
    write_labels(run, labels)
    print(" · ".join(filter(None, (run.name, labels.title, *labels.tags, labels.note))))


@runs.command()
def compare(
    names: Names,
    as_json: AsJson = False,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Also write the rows there.")] = None,
    finals: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the test images' numbers.")] = None,
) -> None:
    """Compare runs: the settings in which they differ, and the accuracies after the last and the best epoch."""
    from ancra.runs.naming import find_run
    from ancra.runs.overview import comparison

    if len(names) < 2:
        raise AncraError("A comparison takes two runs or more.")
    chosen = [find_run(name) for name in names]
    found = comparison(chosen)
    if csv_file or finals:
        from ancra.figure_files import write_file
        from ancra.runs.comparing import comparison_csv, finals_csv

        for file, make in ((csv_file, comparison_csv), (finals, finals_csv)):
            if file:
                write_file(file, make(chosen))
    if as_json:
        print(json.dumps(found, indent=1))
        return
    settings = [
        {"setting": name, **{row["run"]: _in_words(row["settings"][name]) for row in found}}
        for name in found[0]["settings"]
    ]
    epochs = [
        {"run": row["run"], "state": row["state"]}
        | {f"{which} epoch": _accuracies(row[which]) for which in ("last", "best")}
        for row in found
    ]
    print_table(settings)
    print("" if settings else "Their settings are the same.")
    print_table(epochs)


def submit(make: "Callable[[], Run]", name: str) -> None:
    """Hand a run to a launcher and say how to follow it. Nothing is made when there is no such launcher."""
    from ancra.jobs.slots import queue_position
    from ancra.launchers.registry import launcher

    engine = launcher(name)
    run = make()
    engine.submit(run)
    place = queue_position(run.folder)
    print(f"{run.name}: queued" + (f", number {place} in the line" if place else f" by {name}"))
    print(f"follow it with `ancra runs follow {run.name}`, stop it with `ancra runs stop {run.name}`", flush=True)


def _printed_log(run: "Run") -> Any:
    """Print the log from its last lines on until the run ends; gives the status it ended with."""
    from ancra.jobs.slots import queue_position
    from ancra.launchers.registry import launcher_of

    if run.log_tail():
        print(run.log_tail(), flush=True)
    at = run.log_file.stat().st_size if run.log_file.exists() else 0
    place = None
    while True:
        if not run.recipe_file.exists():
            raise AncraError(f"{run.folder} is gone: the run was moved or deleted.")
        status, pause = run.status(), POLL  # before the log, so that what was written last is printed
        if status.state == "queued" and status.pid is None:
            status, pause = launcher_of(run).status(run), ENGINE_POLL
        if status.state == "queued" and (now := queue_position(run.folder)) != place:
            place = now
            print(f"waits, number {place} in the line" if place else "its turn has come", flush=True)
        if run.log_file.exists():
            with run.log_file.open("rb") as file:
                file.seek(at)
                text = file.read()
            at += len(text)
            print(text.decode(errors="replace"), end="", flush=True)
        if not status.active:
            return status
        sleep(pause)


def _table_row(row: dict[str, Any]) -> dict[str, str]:
    return {
        "name": row["name"],
        "recipe": row["recipe"] or "(damaged)",
        "state": _state(row),
        "epoch": f"{row['epoch']}/{row['epochs']}",
        "left": duration(row["remaining"]),
        **{title: _percent(row[name]) for name, title in TITLES.items()},
    }


def _state(row: dict[str, Any]) -> str:
    return f"queued, number {row['queue_position']}" if row["queue_position"] else row["state"]


def _accuracies(row: Mapping[str, float | None] | None) -> str:
    if not row:
        return ""
    shares = (f"{title} {_percent(row.get(name))}" for name, title in TITLES.items())
    return f"epoch {row['epoch']}: {', '.join(shares)}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _in_words(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
