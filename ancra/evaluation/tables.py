"""A table of models against attacks, and its CSV, Markdown and LaTeX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ancra.checkpoints import Card
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.robustness import NATURAL, WORST, RobustnessReport
from ancra.files import csv_text
from ancra.text import epsilon_text

COLUMNS = (NATURAL, "pgd", "adaptive", "autoattack", "square", WORST)
_LATEX = str.maketrans(
    {char: "\\" + char for char in "&%$#_{}"} | {"~": r"\textasciitilde{}", "^": r"\^{}", "\\": r"\textbackslash{}"}
)


@dataclass(frozen=True)
class TableRow:
    """A model and its accuracy under each attack; None where it was not attacked so.

    Attributes:
        title: for people. dataset: its name. samples: images judged. epsilon, norm, steps: of the attacks.
        cells: one accuracy a column of ``COLUMNS``.
    """

    title: str
    dataset: str
    samples: int
    epsilon: float
    norm: str
    steps: int
    cells: dict[str, Accuracy | None]

    @classmethod
    def of(cls, title: str, dataset: str, report: RobustnessReport) -> "TableRow":
        """The row of a report; its worst case is over all attacks that were run."""
        cells = {name: report.accuracy(name) for name in COLUMNS}
        cells[NATURAL] = report.natural_accuracy
        cells[WORST] = report.worst if report.outcomes else None
        settings = report.settings
        return cls(
            title, dataset, len(report.natural), settings.epsilon, settings.norm, settings.steps, cells
        )  # fmt: skip

    @classmethod
    def of_evaluation(cls, title: str, dataset: str, row: Mapping[str, Any]) -> "TableRow":
        """The row of an evaluation as a card keeps it (``RobustnessReport.row``)."""

        def cell(name: str) -> Accuracy | None:
            low, high = row["intervals"].get(name, (0.0, 0.0))
            return Accuracy(row[name], low, high, row["samples"]) if name in row["intervals"] else None

        settings = row["settings"]
        cells = {name: cell(name) for name in COLUMNS}
        return cls(title, dataset, row["samples"], settings["epsilon"], settings["norm"], settings["steps"], cells)

    @property
    def drop(self) -> float | None:
        """By how many points the worst case lies below PGD on p'."""
        pgd, worst = self.cells["pgd"], self.cells[WORST]
        return None if pgd is None or worst is None else 100 * (pgd.value - worst.value)


def row_of(card: Card, title: str, report: RobustnessReport | None) -> TableRow | None:
    """The row of a checkpoint: of what is stored of it, or of its card where that was attacked in more ways."""
    stored = len(report.outcomes) if report else -1
    told = max(card.evaluation, key=lambda row: (row["samples"], len(row["attacks"])), default=None)
    if told is not None and len(told["attacks"]) > stored:
        return TableRow.of_evaluation(title, card.dataset, told)
    return TableRow.of(title, card.dataset, report) if report else None


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
    return found


def to_markdown(rows: Sequence[TableRow]) -> str:
    """Percentages with 95 % intervals."""
    titles = ["Model", *headings(_steps(rows)).values()]
    lines = [titles, ["---", *["---:"] * len(COLUMNS)]]
    lines += [[row.title.replace("|", r"\|"), *(_words(row.cells[name]) for name in COLUMNS)] for row in rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table}\n\n{note(rows)}\n"


def to_latex(rows: Sequence[TableRow]) -> str:
    """A booktabs table: percentages, and how far the interval reaches to either side."""
    head = " & ".join(["Model", *headings(_steps(rows)).values()])
    body = [" & ".join([_escaped(row.title), *(_tex(row.cells[name]) for name in COLUMNS)]) for row in rows]
    lines = [
        r"% needs \usepackage{booktabs}",
        rf"\begin{{tabular}}{{l{'r' * len(COLUMNS)}}}",
        r"\toprule",
        rf"{head} \\",
        r"\midrule",
        *(rf"{line} \\" for line in body),
        r"\bottomrule",
        r"\end{tabular}",
        f"% {note(rows)}",
    ]
    return "\n".join(lines) + "\n"


def note(rows: Sequence[TableRow]) -> str:
    """What the numbers of a table rest on, in one sentence for each setting."""
    norms = {"linf": "Linf", "l2": "L2"}
    found = dict.fromkeys((row.dataset, row.samples, norms[row.norm], epsilon_text(row.epsilon)) for row in rows)
    parts = [
        f"{samples} test images of {dataset}, {norm} epsilon {epsilon}" for dataset, samples, norm, epsilon in found
    ]
    return f"Accuracy in % with 95 % Wilson intervals; {'; '.join(parts)}." if parts else ""


def _steps(rows: Sequence[TableRow]) -> int:
    return rows[0].steps if rows else 40


def _words(cell: Accuracy | None) -> str:
    return f"{100 * cell.value:.1f} ({100 * cell.low:.1f} to {100 * cell.high:.1f})" if cell else "–"


def _tex(cell: Accuracy | None) -> str:
    if cell is None:
        return "--"
    below, above = 100 * (cell.value - cell.low), 100 * (cell.high - cell.value)
    return f"${100 * cell.value:.1f}_{{-{below:.1f}}}^{{+{above:.1f}}}$"


def _escaped(text: str) -> str:
    return text.translate(_LATEX)
