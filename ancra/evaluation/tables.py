"""A table of models against attacks, and its CSV, Markdown and LaTeX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scipy.stats import fisher_exact

from ancra import latex
from ancra.checkpoints import Card
from ancra.data.titles import dataset_title
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.robustness import NATURAL, WORST, RobustnessReport
from ancra.files import csv_text
from ancra.text import epsilon_text

DROP, VERDICT = "Drop", "PGD is"
DROP_NOTE = "Drop: points from PGD to the worst case."
BOLD_NOTE = " Bold: best, where Fisher's exact test against every other model holds (Bonferroni, $p < 0.05$)."
COLUMNS = (NATURAL, "pgd", "adaptive", "autoattack", "square", WORST)


@dataclass(frozen=True)
class TableRow:
    """A model and its accuracy under each attack; None where it was not attacked so.

    Attributes:
        title: for people. dataset: its name. samples: images judged. epsilon, norm, steps: of the attacks.
        cells: one accuracy a column of ``COLUMNS``.
        verdict: of the trust report; empty where there is none.
    """

    title: str
    dataset: str
    samples: int
    epsilon: float
    norm: str
    steps: int
    cells: dict[str, Accuracy | None]
    verdict: str = ""

    @classmethod
    def of(cls, title: str, dataset: str, report: RobustnessReport) -> "TableRow":
        """The row of a report; its worst case is over all attacks that were run."""
        cells = {name: report.accuracy(name) for name in COLUMNS}
        cells[NATURAL] = report.natural_accuracy
        cells[WORST] = report.worst if report.outcomes else None
        settings = report.settings
        return cls(title, dataset, len(report.natural), settings.epsilon, settings.norm, settings.steps, cells)

    @classmethod
    def of_evaluation(cls, title: str, dataset: str, row: Mapping[str, Any]) -> "TableRow":
        """The row of an evaluation as a card keeps it (``RobustnessReport.row``)."""
        settings = row["settings"]
        cells = {name: Accuracy.told(row, name) for name in COLUMNS}
        return cls(title, dataset, row["samples"], settings["epsilon"], settings["norm"], settings["steps"], cells)

    @property
    def drop(self) -> float | None:
        """By how many points the worst case lies below PGD on p'."""
        pgd, worst = self.cells["pgd"], self.cells[WORST]
        return None if pgd is None or worst is None else 100 * (pgd.value - worst.value)


def row_of(card: Card, title: str, report: RobustnessReport | None, verdict: str = "") -> TableRow | None:
    """The row of a checkpoint: of what is stored of it, or of its card where that was attacked in more ways.

    Args:
        verdict: of its trust report.
    """
    stored = len(report.outcomes) if report else -1
    told = max(card.evaluation, key=lambda row: (row["samples"], len(row["attacks"])), default=None)
    if told is not None and len(told["attacks"]) > stored:
        return replace(TableRow.of_evaluation(title, card.data.images, told), verdict=verdict)
    return replace(TableRow.of(title, card.data.images, report), verdict=verdict) if report else None


def headings(steps: int) -> dict[str, str]:
    """What each column is called."""
    return {
        NATURAL: "Natural",
        "pgd": f"PGD-{steps}",
        "adaptive": f"Adaptive PGD-{steps}",
        "autoattack": "AutoAttack",
        "square": "Square",
        WORST: "Worst case",
    }


def to_csv(rows: Sequence[TableRow]) -> str:
    """Fractions with the bounds of their intervals, one line a model."""
    return csv_text([_csv_row(row) for row in rows])


def _csv_row(row: TableRow) -> dict[str, Any]:
    found: dict[str, Any] = {"model": row.title, "dataset": row.dataset, "samples": row.samples, "norm": row.norm}
    found |= {"epsilon": f"{row.epsilon:.6g}", "steps": row.steps}
    for name in COLUMNS:
        cell = row.cells[name]
        numbers = [f"{number:.4f}" for number in (cell.value, cell.low, cell.high)] if cell else [""] * 3
        found |= {f"{name}{end}": number for end, number in zip(("", "_low", "_high"), numbers, strict=True)}
    drop = "" if row.drop is None else f"{row.drop:.2f}"
    return found | {"drop_points": drop, "verdict": row.verdict}


def to_markdown(rows: Sequence[TableRow]) -> str:
    """Percentages with 95 % intervals, the drop and the verdict."""
    titles = ["Model", *headings(_steps(rows)).values(), DROP, VERDICT]
    lines = [titles, ["---", *["---:"] * (len(COLUMNS) + 1), "---"]]
    lines += [
        [row.title.replace("|", r"\|"), *(_words(row.cells[name]) for name in COLUMNS), _drop(row), row.verdict]
        for row in rows
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table}\n\n{note(rows)}\n"


def to_latex(rows: Sequence[TableRow], caption: str = "", label: str = "tab:robustness") -> str:
    """A booktabs table over both columns of a paper: percentages, how far each interval reaches, drop and verdict.

    Columns in which no model has a number are left out. The best accuracy of a column is bold where it is
    ``significantly_best``.

    Args:
        caption: what the table shows; what its numbers rest on is added.
    """
    shown = [name for name in COLUMNS if any(row.cells[name] for row in rows)]
    judged = any(row.verdict for row in rows)
    best = {name: significantly_best([row.cells[name] for row in rows]) for name in shown}
    head = ["Model", *(headings(_steps(rows))[name] for name in shown), DROP, *([VERDICT] if judged else [])]
    body = [
        [
            latex.escaped(row.title),
            *(_tex(row.cells[name], bold=best[name] == place) for name in shown),
            f"${_drop(row)}$" if row.drop is not None else "--",
            *([latex.escaped(row.verdict)] if judged else []),
        ]
        for place, row in enumerate(rows)
    ]
    said = " ".join(filter(None, (latex.escaped(caption), latex.escaped(note(rows)), DROP_NOTE)))
    said += BOLD_NOTE if any(place is not None for place in best.values()) else ""
    columns = f"l{'r' * (len(shown) + 1)}{'l' * judged}"
    return latex.table(head, body, columns, said, label, wide=True)


def significantly_best(cells: Sequence[Accuracy | None]) -> int | None:
    """The place of the highest accuracy, where it is above each of the others by more than chance explains.

    Fisher's exact test, two-sided, adjusted for the number of others (Bonferroni). Models that are judged on the same
    images resemble each other, which makes this test a strict one.
    """
    there = [place for place, cell in enumerate(cells) if cell is not None]
    if len(there) < 2:
        return None
    first, *others = sorted(there, key=lambda place: -_counts(cells[place])[0] / sum(_counts(cells[place])))
    tests = (fisher_exact([_counts(cells[first]), _counts(cells[other])]).pvalue for other in others)
    return first if all(p * len(others) < 0.05 for p in tests) else None


def _counts(cell: Accuracy | None) -> tuple[int, int]:
    """Right and wrong answers."""
    assert cell is not None
    right = round(cell.value * cell.samples)
    return right, cell.samples - right


def note(rows: Sequence[TableRow]) -> str:
    """What the numbers of a table rest on, in one sentence for each setting."""
    norms = {"linf": "Linf", "l2": "L2"}
    found = dict.fromkeys((row.dataset, row.samples, norms[row.norm], epsilon_text(row.epsilon)) for row in rows)
    parts = [
        f"{samples} test images of {dataset_title(dataset)}, {norm} epsilon {epsilon}"
        for dataset, samples, norm, epsilon in found
    ]
    return f"Accuracy in % with 95 % Wilson intervals; {'; '.join(parts)}." if parts else ""


def _steps(rows: Sequence[TableRow]) -> int:
    return rows[0].steps if rows else 40


def _words(cell: Accuracy | None) -> str:
    return f"{100 * cell.value:.1f} ({100 * cell.low:.1f} to {100 * cell.high:.1f})" if cell else "–"


def _tex(cell: Accuracy | None, bold: bool = False) -> str:
    if cell is None:
        return "--"
    return latex.cell(100 * cell.value, 100 * (cell.value - cell.low), 100 * (cell.high - cell.value), bold)


def _drop(row: TableRow) -> str:
    return "–" if row.drop is None else f"{row.drop:.1f}"
