"""The results tables of the README, made from the shipped results: ``python docs/tools/results_table.py``."""

from pathlib import Path

from ancra.checkpoints import find_checkpoints
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.robustness import NATURAL, WORST, checkpoint_report
from ancra.evaluation.tables import headings, note, row_of
from ancra.paths import results_folders, shipped_checkpoints
from ancra.store import Store
from ancra.trust.stored import stored_trust

PAGE = Path(__file__).parents[2] / "README.md"
FOLDERS = ("fashion_mnist", "cifar10", "tiny_imagenet", "digits")
"""The folders of checkpoints/ that have a table, between ``<!-- FOLDER -->`` and ``<!-- /FOLDER -->``."""
SHOWN = (NATURAL, "pgd", "adaptive", "autoattack", WORST)
ORDER = ("natural", "natural-ra", "pgd-at", "trades", "mart", "pgd-at-ancra", "trades-ancra", "mart-ancra")


def table(folder: str) -> str:
    """The table of a folder's models and the sentence under it; columns without any number are left out.

    Verdicts stand in it where all models were examined. Raises ValueError where a shipped model has no stored result.
    """
    store = Store(results_folders()[1:])
    cards = {path.stem: card for path, card in find_checkpoints() if shipped_checkpoints() / folder in path.parents}
    rows, verdicts = [], []
    for name in filter(cards.__contains__, ORDER):
        card = cards[name]
        report, trust = checkpoint_report(card, store), stored_trust(card, store)
        row = row_of(card, card.title, report)
        if row is None:
            raise ValueError(f"{folder}/{name} has no stored result: run `make results`")
        rows.append(row)
        verdicts.append(trust and str(trust.verdict))
    shown = [column for column in SHOWN if any(row.cells[column] for row in rows)]
    examined = None not in verdicts
    lines = []
    for row, verdict in zip(rows, verdicts, strict=True):
        cells = [percent(row.cells[column]) for column in shown]
        lines.append([row.title, *cells[:-1], f"**{cells[-1]}**", *([verdict] if examined else [])])
    titles = headings(rows[0].steps)
    asked = ["Is the PGD-40 number to be believed?"] if examined else []
    head = ["Model", *(titles[column] for column in shown), *asked]
    marks = ["---", *["---:"] * len(shown), *["---"] * len(asked)]
    body = "\n".join(f"| {' | '.join(line)} |" for line in (head, marks, *lines))
    widest = max(50 * (cell.high - cell.low) for row in rows for cell in row.cells.values() if cell)
    text = note(rows).replace("Accuracy in % with 95 % Wilson intervals", "Accuracy in %")
    return f"{body}\n\n{text} 95 % intervals reach at most {widest:.1f} points to either side.\n"


def percent(cell: Accuracy | None) -> str:
    """A cell in words."""
    return f"{100 * cell.value:.1f}" if cell else "–"


def page() -> str:
    """The README with up-to-date tables."""
    text = PAGE.read_text(encoding="utf-8")
    for folder in FOLDERS:
        before, rest = text.split(f"<!-- {folder} -->\n")
        end = f"<!-- /{folder} -->"
        text = f"{before}<!-- {folder} -->\n{table(folder)}{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
