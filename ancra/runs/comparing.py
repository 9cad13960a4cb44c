"""Runs side by side as a file: their differing settings and accuracies, and where they are from."""

from collections.abc import Sequence
from dataclasses import dataclass

from ancra.checkpoints import read_card
from ancra.evaluation.intervals import Difference
from ancra.evaluation.tables import COLUMNS, TableRow, row_of
from ancra.files import csv_text
from ancra.origin import Origin, command_line, signed
from ancra.runs.command import train_command
from ancra.runs.overview import ACCURACIES, comparison
from ancra.runs.run import Run

ENDS = {"difference": "value", "difference_low": "low", "difference_high": "high"}


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
    origin = comparison_origin(runs, "Training runs side by side", _compare(runs, csv="runs.csv"))
    return signed(csv_text(rows).encode(), "csv", origin)


@dataclass(frozen=True)
class Final:
    """A finished run's accuracies on the test images, and by how much they differ from another run's.

    Attributes:
        row: as a table has it. apart: attack -> this run's accuracy less the other's, where both have it.
    """

    run: str
    row: TableRow
    apart: dict[str, Difference]


def finals(runs: Sequence[Run]) -> list[Final]:
    """What the checkpoints of runs say of their accuracies on the test images, each less the first one's.

    Runs that were not evaluated are left out. Only accuracies under the same threat are compared.

    Raises:
        AncraError: a checkpoint that cannot be read.
    """
    found: list[Final] = []
    for run in runs:
        card = read_card(run.final_checkpoint) if run.final_checkpoint.is_file() else None
        row = row_of(card, card.title, None) if card else None
        if row is None:
            continue
        first = found[0].row if found else row
        threats = {(each.dataset, each.norm, each.epsilon, each.steps) for each in (first, row)}
        both = {name: (row.cells[name], first.cells[name]) for name in COLUMNS} if found and len(threats) == 1 else {}
        apart = {name: Difference.of(own, other) for name, (own, other) in both.items() if own and other}
        found.append(Final(run.name, row, apart))
    return found


def finals_csv(runs: Sequence[Run]) -> bytes:
    """One line a run and attack: accuracy with its interval, and the difference to the first run with its interval."""
    rows = [
        {"run": each.run, "attack": name, "samples": cell.samples, "accuracy": f"{cell.value:.4f}"}
        | {"low": f"{cell.low:.4f}", "high": f"{cell.high:.4f}"}
        | ({key: f"{getattr(each.apart[name], end):.4f}" for key, end in ENDS.items()} if name in each.apart else {})
        for each in finals(runs)
        for name in COLUMNS
        if (cell := each.row.cells[name]) is not None
    ]
    origin = comparison_origin(runs, "Final accuracies of training runs", _compare(runs, finals="finals.csv"))
    return signed(csv_text(rows).encode(), "csv", origin)


def comparison_origin(runs: Sequence[Run], what: str, command: str = "") -> Origin:
    """Where a file about these runs is from.

    Args:
        command: what makes it anew; without one that is the training of a run that stands alone.
    """
    recipes = [run.recipe for run in runs]
    seeds = {recipe.seed for recipe in recipes}
    trained = train_command(recipes[0]) if len(runs) == 1 else None
    return Origin(
        what=what,
        command=command or trained or "",
        data=", ".join(dict.fromkeys(recipe.data.images for recipe in recipes)),
        seed=seeds.pop() if len(seeds) == 1 else None,
        settings={run.name: recipe.name for run, recipe in zip(runs, recipes, strict=True)},
    )


def _compare(runs: Sequence[Run], **file: str) -> str:
    return command_line("runs", "compare", *(run.name for run in runs), **file)
