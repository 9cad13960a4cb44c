"""The tables of docs/sweeps.md, made from the shipped outcomes: ``python docs/tools/sweeps_table.py``."""

from pathlib import Path

from ancra.paths import shipped_checkpoints
from ancra.sweeps.outcome import TITLES, Outcome, read_outcome
from ancra.sweeps.plan import label

PAGE = Path(__file__).parents[2] / "docs" / "sweeps.md"
BEGIN, END = "<!-- sweeps -->\n", "<!-- /sweeps -->"
SHIPPED = ("table2-digits", "figure3-digits", "figure4-digits")


def table(outcome: Outcome) -> str:
    """Means and standard deviations over seeds, and what may be said of them."""
    measures = outcome.measures
    lines = [["", *(TITLES[measure] for measure in measures)], ["---", *["---:"] * len(measures)]]
    for setting in outcome.settings:
        lines.append([label(setting), *(outcome.spread(setting, measure).percent for measure in measures)])
    seeds = outcome.plan.seeds
    head = f"**{outcome.plan.title}** (`{outcome.command}`). {outcome.plan.description} "
    head += f"Accuracy in %, mean ± standard deviation over {seeds} seeds, {outcome.results[0].samples} test images."
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    said = "\n".join(f"- {finding}" for finding in outcome.findings())
    return f"{head}\n\n{body}\n\n{said}\n"


def page() -> str:
    """docs/sweeps.md with up-to-date tables."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    folder = shipped_checkpoints() / "results" / "sweeps"
    tables = "\n".join(table(read_outcome(folder / f"{name}.json")) for name in SHIPPED)
    return before + BEGIN + tables + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
