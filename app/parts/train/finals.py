"""The final numbers of several runs: accuracies on the test images, and by how much each differs from the first run."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ancra.evaluation.intervals import Accuracy, Difference
from ancra.evaluation.tables import COLUMNS, headings
from app.answers import runs
from app.answers.runs import RunView
from app.parts.train.run_list import plain_title


def final_numbers(chosen: Sequence[RunView]) -> None:
    """A table, a row a run; runs that were not evaluated are named with what evaluates them."""
    names = {run.name: f"{plain_title(run)} · {run.created:%H:%M:%S}" for run in chosen}
    found = runs.final_numbers(list(names))
    missing = [name for name in names if name not in {each.run for each in found}]
    st.markdown("**On the test images**")
    if found:
        titles = headings(found[0].row.steps)
        rows = [
            {"Run": names[each.run]}
            | {titles[key]: _words(each.row.cells[key], each.apart.get(key)) for key in COLUMNS if each.row.cells[key]}
            for each in found
        ]
        st.dataframe(rows, hide_index=True, key="finals", alt="Accuracy of each run on the test images")
        st.caption(
            "Accuracy in % with its 95 % interval; behind the slash, points above or below the first run with theirs "
            "(Newcombe). Runs of one seed each: another seed moves them, too."
        )
        st.download_button(
            "Final numbers (CSV)",
            partial(runs.final_file, list(names)),
            "final-numbers.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="save_finals",
        )
    if missing:
        st.caption(f"Not evaluated yet: `ancra evaluate --write {' '.join(f'runs/{name}' for name in missing)}`.")


def _words(cell: Accuracy | None, apart: Difference | None) -> str:
    if cell is None:
        return "–"
    own = f"{100 * cell.value:.1f} ({100 * cell.low:.0f}–{100 * cell.high:.0f})"
    if apart is None:
        return own
    return f"{own} / {100 * apart.value:+.1f} ({100 * apart.low:+.0f} to {100 * apart.high:+.0f})"
