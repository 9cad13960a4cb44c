"""The table of models against attacks, its downloads, and the published numbers beside it."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.published import PUBLISHED
from ancra.evaluation.tables import COLUMNS, headings
from ancra.reports.table import table_file
from app.answers import robustness as answers
from app.answers.robustness import Results

HELP = {
    "natural": "Test images answered rightly without any attack.",
    "pgd": "After 40 small steps that make the final answer p' look wrong. The number most papers give.",
    "adaptive": "The paper's own stronger attack: it aims at the final and the auxiliary answers at once.",
    "autoattack": "The field's standard set of four attacks, its authors' own code. It knows only the final answer p'.",
    "square": "A black-box attack: it asks 1000 questions an image and needs no gradient, so none can be hidden.",
    "worst": "Images that survive every attack that was tried. The number to quote.",
}
DROP = "Drop"
VERDICT = "Can PGD be believed?"


def accuracy_table(found: Sequence[Results], on_press: Callable[[str], None]) -> None:
    """One row a model; a click on a heading sorts by the numbers; ``on_press`` is told whose row is pressed."""
    rows = [(each, row) for each in found if (row := each.row) is not None]
    names = headings(rows[0][1].steps)
    frame = pd.DataFrame(
        [
            {
                "Model": row.title,
                **{names[key]: 100 * cell.value if (cell := row.cells[key]) else None for key in COLUMNS},
                DROP: row.drop,
                VERDICT: str(each.trust.verdict).capitalize() if each.trust else "Not examined",
            }
            for each, row in rows
        ]
    )
    # The text of a cell carries the interval; its value stays the number, which sorting goes by.
    # A column without any number must not become one of text.
    frame = frame.astype(dict.fromkeys((*names.values(), DROP), float))
    style = frame.style.format("{:.1f}", subset=[DROP], na_rep="–")
    for index, (_, row) in enumerate(rows):
        for key in COLUMNS:
            text = words(row.cells[key])
            style = style.format(_always(text), subset=pd.IndexSlice[[index], [names[key]]])
    config = {names[key]: st.column_config.Column(help=HELP[key]) for key in COLUMNS}
    config["Model"] = st.column_config.Column(pinned=True)
    config[DROP] = st.column_config.Column(help="Points from PGD down to the worst case.")
    config[VERDICT] = st.column_config.Column(help="The verdict of the trust report below.")

    def press() -> None:
        for row in st.session_state["accuracies"].selection.rows:
            on_press(rows[row][0].name)

    st.dataframe(
        style, hide_index=True, column_config=config, placeholder="–", key="accuracies", on_select=press,
        selection_mode="single-row",
    )  # fmt: skip


def words(cell: Accuracy | None) -> str:
    """An accuracy in % with its interval."""
    if cell is None:
        return "–"
    return f"{100 * cell.value:.1f} % ({100 * cell.low:.0f}–{100 * cell.high:.0f})"


def downloads(found: Sequence[Results]) -> None:
    """The table as files."""
    rows = [row for each in found if (row := each.row) is not None]
    origin = answers.origin([each.name for each in found if each.row], rows)
    files = (("LaTeX", "tex", "application/x-tex"), ("Markdown", "md", "text/markdown"), ("CSV", "csv", "text/csv"))
    with st.container(horizontal=True):
        for title, ending, kind in files:
            st.download_button(
                title, partial(table_file, rows, ending, origin), f"robustness.{ending}", kind,
                icon=":material/download:", on_click="ignore", key=f"save_{ending}",
            )  # fmt: skip


def published_table() -> None:
    """What others measured, on other data."""
    frame = pd.DataFrame(
        [
            {
                "Data": each.dataset,
                "Network": each.network,
                "Defence": each.defence,
                "Natural": each.natural,
                "PGD-40": each.pgd,
                "Adaptive PGD-40": each.adaptive,
                "AutoAttack": each.autoattack,
                "Published in": each.source,
            }
            for each in PUBLISHED
        ]
    )
    numbers: list[Hashable] = ["Natural", "PGD-40", "Adaptive PGD-40", "AutoAttack"]
    st.dataframe(
        frame.style.format("{:.2f} %", subset=numbers, na_rep="–"), hide_index=True, placeholder="–", key="published"
    )


def _always(text: str) -> Callable[[object], str]:
    return lambda _: text
