"""An outcome's files: all of it as JSON, its runs as CSV, and where each file about it is from."""

from pathlib import Path

from ancra.figure_files import write_file
from ancra.origin import Origin, signed, versions
from ancra.recipe import recipe_names
from ancra.runs.overview import unlike_named
from ancra.sweeps.outcome import Outcome
from ancra.sweeps.plan import SweepPlan
from ancra.sweeps.reproduce import sweep_command


def plan_origin(plan: SweepPlan, what: str) -> Origin:
    """Where a file about a sweep is from that is being carried out."""
    changes = unlike_named(plan.recipe) if plan.recipe.name in recipe_names() else plan.recipe.model_dump(mode="json")
    vary = {key: list(values) for key, values in plan.vary.items()}
    return Origin(
        what=what,
        command=sweep_command(plan) or "",
        data=plan.recipe.data.images,
        settings={"sweep": plan.name, "recipe": plan.recipe.name, "seeds": plan.seeds, "vary": vary, **changes},
    )


def outcome_origin(outcome: Outcome, what: str) -> Origin:
    """Where a file about a finished sweep is from."""
    origin = plan_origin(outcome.plan, what)
    return origin.with_changes(
        command=origin.command or outcome.command,
        checkpoints={each.cell: each.digest for each in outcome.results if each.digest},
        versions=outcome.versions or versions(),
    )


def outcome_csv(outcome: Outcome) -> bytes:
    """The rows of a sweep as a CSV file that says where it is from."""
    return signed(outcome.csv().encode(), "csv", outcome_origin(outcome, f"Runs of the sweep {outcome.plan.title}"))


def write_outcome(outcome: Outcome, folder: Path, name: str = "") -> None:
    """Write ``outcome.json`` and ``table.csv`` (or ``name.json`` and ``name.csv``). Raises AncraError."""
    write_file(folder / f"{name or 'outcome'}.json", outcome.model_dump_json(indent=1).encode())
    write_file(folder / f"{name or 'table'}.csv", outcome_csv(outcome))
