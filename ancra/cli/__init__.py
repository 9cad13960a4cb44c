"""The command line: ``ancra ...`` and ``python -m ancra ...``."""

import os
import sys
from typing import Annotated

import typer

from ancra import __version__
from ancra.cli import (
    attack,
    bin,
    data,
    evaluation,
    explain,
    importing,
    listing,
    live,
    maps,
    paper,
    runs,
    serving,
    strategies,
    sweep,
    train,
)
from ancra.errors import AncraError
from ancra.extras import missing_extra
from ancra.plugins import load_plugins

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Train, attack and map adversarially robust image classifiers.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@cli.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Train, attack and map adversarially robust image classifiers."""


cli.command("list")(listing.list_)
cli.command()(train.train)
cli.command("import")(importing.import_)
cli.add_typer(runs.runs, name="runs")
cli.add_typer(data.data, name="data")
cli.add_typer(bin.bin_, name="bin")
cli.command()(sweep.sweep)
cli.command()(evaluation.evaluate)
cli.command()(evaluation.trust)
cli.command()(evaluation.results)
cli.command()(evaluation.table)
cli.command()(attack.attack)
cli.command()(explain.explain)
cli.command()(paper.paper)
cli.command("map")(maps.map_)
cli.command()(live.live)
cli.command()(strategies.strategies)
cli.command()(serving.app)


def main() -> None:
    """Run a command; bad input gives one sentence and exit code 2."""
    from ancra.jobs.signals import RunCancelled

    try:
        for problem in load_plugins():
            print(problem, file=sys.stderr)
        cli()
    except ModuleNotFoundError as error:
        sentence = missing_extra(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(2)
    except AncraError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except RunCancelled as error:
        print("Stopped; --resume goes on from the last whole epoch.", file=sys.stderr)
        sys.exit(128 + error.signal)
    except BrokenPipeError:
        # Whoever read our output has gone (`ancra list | head`); Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
