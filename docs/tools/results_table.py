"""The results tables of the README, made from the shipped results: ``python docs/tools/results_table.py``."""

from pathlib import Path

from ancra.checkpoints import find_checkpoints
from ancra.evaluation.accuracy import settings_of
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.robustness import NATURAL, WORST, stored_report, subject_of
from ancra.evaluation.tables import TableRow, headings, note
from ancra.paths import results_folders, shipped_checkpoints
from ancra.store import Store
from ancra.trust.stored import stored_trust

PAGE = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- results -->\n", "<!-- /results -->"
BEGIN_PHOTOGRAPHS, END_PHOTOGRAPHS = "<!-- photographs -->\n", "<!-- /photographs -->"
CARD = ("natural", "pgd", "adaptive", "worst")
SHOWN = (NATURAL, "pgd", "adaptive", "autoattack", WORST)
ORDER = ("natural", "natural-ra", "pgd-at", "trades", "mart", "pgd-at-ancra", "trades-ancra", "mart-ancra")


def table() -> str:
    """The table and the sentence under it. Raises ValueError where a shipped model has no stored result."""
    store = Store(results_folders()[1:])
    cards = {path.stem: card for path, card in find_checkpoints() if shipped_checkpoints() / "digits" in path.parents}
    rows, lines = [], []
    for name in ORDER:
        card = cards[name]
        report, trust = stored_report(subject_of(card), settings_of(card), store), stored_trust(card, store)
        if report is None or trust is None:
            raise ValueError(f"{name} has no stored result: run `make results`")
        rows.append(TableRow.of(card.title, card.dataset, report))
        cells = [percent(rows[-1].cells[column]) for column in SHOWN]
        lines.append([card.title, *cells[:-1], f"**{cells[-1]}**", str(trust.verdict)])
    titles = headings(rows[0].steps)
    head = ["Model", *(titles[column] for column in SHOWN), "Is the PGD-40 number to be believed?"]
    marks = ["---", *["---:"] * len(SHOWN), "---"]
    body = "\n".join(f"| {' | '.join(line)} |" for line in (head, marks, *lines))
    widest = max(50 * (cell.high - cell.low) for row in rows for cell in row.cells.values() if cell)
    text = note(rows).replace("Accuracy in % with 95 % Wilson intervals", "Accuracy in %")
    return f"{body}\n\n{text} 95 % intervals reach at most {widest:.1f} points to either side.\n"


def photographs() -> str:
    """The table of Fashion-MNIST's models, from their cards. Raises ValueError where one was not evaluated."""
    cards = {
        path.stem: card for path, card in find_checkpoints() if shipped_checkpoints() / "fashion_mnist" in path.parents
    }
    lines = []
    for name in ORDER:
        if not cards[name].evaluation:
            raise ValueError(f"{name} has not been evaluated: run `make checkpoints`")
        row = cards[name].evaluation[-1]
        cells = [f"{100 * row[column]:.1f}" for column in CARD]
        lines.append([cards[name].title, *cells[:-1], f"**{cells[-1]}**"])
    head, marks = ["Model", "Natural", "PGD-40", "Adaptive PGD-40", "Worst case"], ["---", *["---:"] * len(CARD)]
    body = "\n".join(f"| {' | '.join(line)} |" for line in (head, marks, *lines))
    rows = [cards[name].evaluation[-1] for name in ORDER]
    widest = max(50 * (high - low) for row in rows for low, high in row["intervals"].values())
    return (
        f"{body}\n\nAccuracy in %; {rows[0]['samples']} test images of Fashion-MNIST, Linf epsilon "
        f"{rows[0]['settings']['epsilon']}. 95 % intervals reach at most {widest:.1f} points to either side.\n"
    )


def percent(cell: Accuracy | None) -> str:
    """A cell in words."""
    return f"{100 * cell.value:.1f}" if cell else "–"


def page() -> str:
    """The README with up-to-date tables."""
    text = PAGE.read_text(encoding="utf-8")
    for (begin, end), made in (((BEGIN, END), table()), ((BEGIN_PHOTOGRAPHS, END_PHOTOGRAPHS), photographs())):
        before, rest = text.split(begin)
        text = before + begin + made + end + rest.split(end)[1]
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
