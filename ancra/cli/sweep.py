"""``ancra sweep``: a recipe with several settings and seeds."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ancra.cli.console import counting_progress, print_table, this_command
from ancra.cli.flags import given_by
from ancra.errors import AncraError
from ancra.paths import sweeps_folder
from ancra.progress import duration
from ancra.settings import parse_changes

if TYPE_CHECKING:
    from ancra.sweeps.outcome import Outcome
    from ancra.sweeps.plan import SweepPlan
    from ancra.sweeps.sweep import CellState

MANY = 100  # runs; more than so many are asked for


def sweep(
    name: Annotated[str, typer.Argument(help="A name from `ancra list sweeps`, a recipe's name, or a YAML file.")],
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUES", help="What varies, as in contrast.alpha=0:1:0.1 or batch_size=64,128."),
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of every run.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Runs of each combination; 3 without it.")] = None,
    called: Annotated[str | None, typer.Option("--name", help="Name of the sweep, and of its folder.")] = None,
    launcher: Annotated[str, typer.Option(help="Where the runs are trained: local, ray or slurm.")] = "local",
    into: Annotated[Path | None, typer.Option(help="Also write the outcome, as NAME.json and NAME.csv, there.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Also draw it: a .pdf, .svg or .png file.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, however many runs it takes.")] = False,
) -> None:
    """Train every combination of some settings with several seeds, and say what differs beyond the noise.

    Run again, it goes on where it was: what is finished is not trained again.
    """
    from ancra.sweeps.axes import parse_axis
    from ancra.sweeps.parse_plan import make_plan
    from ancra.sweeps.picture import check_ending, draw
    from ancra.sweeps.sweep import Sweep

    if figure is not None:
        check_ending(figure)
    with given_by("--vary"):
        axes = dict(map(parse_axis, vary or ()))
    with given_by("--set"):
        changed = parse_changes(changes or ())
    plan = make_plan(name, axes, changed, seeds, called)
    _ask(plan, yes)
    made = Sweep.create(sweeps_folder() / plan.name, plan)
    from ancra.jobs.signals import RunCancelled
    from ancra.launchers.registry import launcher as named
    from ancra.sweeps.execution import carry_out

    with counting_progress(plan.name) as on_progress:

        def on_cell(state: "CellState", ended: int, total: int) -> None:
            on_progress(ended, total)
            said = state.status.message if state.status and not state.finished else ""
            how = state.status.state if state.status else "gone"
            print(f"{ended}/{total}  {state.cell.name}: {how}{': ' + said if said else ''}", flush=True)

        try:
            outcome = carry_out(made, named(launcher), this_command(), on_cell)
        except RunCancelled as error:
            print("Stopped; the same command goes on.", file=sys.stderr)
            raise typer.Exit(128 + error.signal) from None
    _print(outcome)
    if into is not None:
        from ancra.sweeps.files import write_outcome

        write_outcome(outcome, into, plan.name)
    if figure is not None:
        draw(outcome, figure)
    print(f"{len(outcome.results)} of {plan.size} runs; in {made.folder}: outcome.json, table.csv, runs/")


def _ask(plan: "SweepPlan", yes: bool) -> None:
    """Has a person agree to a long sweep."""
    if yes or plan.size <= MANY:
        return
    from ancra.training.estimate import estimate

    each = estimate(plan.recipe).seconds
    text = f"{plan.name} takes {plan.size:,} runs, about {duration(each * plan.size)} of training one after another"
    if not sys.stdin.isatty():
        raise AncraError(f"{text}: give --yes if that is what you want, or vary less.")
    if not typer.confirm(f"{text}. Go on?"):
        raise typer.Exit(1)


def _print(outcome: "Outcome") -> None:
    from ancra.sweeps.outcome import TITLES
    from ancra.sweeps.plan import label

    if not outcome.results:
        return
    rows = []
    for setting in outcome.settings:
        spreads = {measure: outcome.spread(setting, measure) for measure in outcome.measures}
        cells = {TITLES[measure]: each.percent for measure, each in spreads.items()}
        rows.append({"": label(setting), **cells, "seeds": len(outcome.of(setting))})
    print_table(rows)
    print("Mean ± standard deviation over seeds, %.")
    for sentence in outcome.findings():
        print(sentence)
