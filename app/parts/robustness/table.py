"""The table of models against attacks, its downloads, and the published numbers beside it."""

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.published import PUBLISHED
from ancra.evaluation.tables import COLUMNS, headings
from ancra.reports.table import table_file
from ancra.trust.report import Verdict
from app.answers import robustness as answers
from app.answers.robustness import Results
from app.components.accuracies import accuracies

HELP = {
    "natural": "Test images answered rightly without any attack.",
    "pgd": "After 40 small steps that make the final answer p' look wrong. The number most papers give.",
    "adaptive": "The paper's own stronger attack: it aims at the final and the auxiliary answers at once.",
    "autoattack": "The field's standard set of four attacks, its authors' own code. It knows only the final answer p'.",
    "square": "A black-box attack: it asks 1000 questions an image and needs no gradient, so none can be hidden.",
    "drop": "Points from PGD down to the worst case.",
    "worst": "Images that survive every attack that was tried. The number to quote.",
}
DROP = "drop"
ALWAYS = ("natural", "pgd", "adaptive", "worst")
"""The columns that a phone has room for; the row that is chosen unfolds the others."""
SIGNS = {Verdict.BELIEVABLE: ("✓", "good"), Verdict.DOUBTFUL: ("?", "doubt"), Verdict.NOT_BELIEVED: ("✗", "bad")}


def accuracy_table(found: Sequence[Results], chosen: str, on_press: Callable[[str], None], lit: Sequence[str]) -> None:
    """One row a model; a press on a heading sorts by the numbers; ``on_press`` is told whose row is pressed.

    Args:
        chosen: the name of the model whose row is marked.
        lit: keys of columns that stand out, "verdict" among them.
    """
    rows = [(each, row) for each in found if (row := each.row) is not None]
    names = {**headings(rows[0][1].steps), DROP: "Drop", "natural": "No attack"}
    columns = [
        {"key": key, "title": name, "help": HELP[key], "kind": "" if key in ALWAYS else "extra", "lit": key in lit}
        for key, name in names.items()
    ]
    lines = [
        {
            "name": each.name,
            "title": row.title,
            "cells": {key: _cell(row.cells[key]) for key in COLUMNS} | {DROP: _drop(row.drop)},
            "verdict": _verdict(each),
        }
        for each, row in rows
    ]
    payload = {"columns": columns, "rows": lines, "verdictLit": "verdict" in lit, "chosen": chosen}
    accuracies(payload, on_press=on_press, key="accuracies")


def _cell(found: Accuracy | None) -> dict[str, object]:
    if found is None:
        return {"text": "–", "value": None, "interval": ""}
    interval = f"({100 * found.low:.0f}–{100 * found.high:.0f})"
    return {"text": f"{100 * found.value:.1f}", "value": found.value, "interval": interval}


def _drop(drop: float | None) -> dict[str, object]:
    return {"text": "–" if drop is None else f"{drop:.1f}", "value": drop, "interval": ""}


def _verdict(found: Results) -> dict[str, str]:
    if found.trust is None:
        return {"text": "Not examined", "kind": "", "sign": "–"}
    sign, kind = SIGNS[found.trust.verdict]
    return {"text": str(found.trust.verdict).capitalize(), "kind": kind, "sign": sign}


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
                title,
                partial(table_file, rows, ending, origin),
                f"robustness.{ending}",
                kind,
                icon=":material/download:",
                on_click="ignore",
                key=f"save_{ending}",
            )


def published_table() -> None:
    """What others measured, on other data."""
    st.caption(
        "As their sources print them, for other images and larger networks: not to be ranked against the table above. "
        "No source gives AutoAttack against the auxiliary answers."
    )
    frame = pd.DataFrame(
        [
            {
                "Data": each.dataset,
                "Network": each.network,
                "Defence": each.defence,
                "No attack": each.natural,
                "PGD-40": each.pgd,
                "Adaptive PGD-40": each.adaptive,
                "AutoAttack": each.autoattack,
                "Published in": each.source,
            }
            for each in PUBLISHED
        ]
    )
    percent = st.column_config.NumberColumn(format="%.2f %%")
    numbers = ("No attack", "PGD-40", "Adaptive PGD-40", "AutoAttack")
    st.dataframe(
        frame, hide_index=True, placeholder="–", key="published", column_config=dict.fromkeys(numbers, percent)
    )
