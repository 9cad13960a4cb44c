import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.published import PUBLISHED
from ancra.evaluation.robustness import Outcome, RobustnessReport
from ancra.evaluation.settings import EvaluationSettings
from ancra.evaluation.tables import COLUMNS, TableRow, significantly_best, to_csv, to_latex, to_markdown

NATURAL = np.array([1, 1, 1, 0], bool)
OUTCOMES = {
    "pgd": Outcome(np.array([1, 1, 0, 0], bool), NATURAL, 1.0),
    "adaptive": Outcome(np.array([1, 0, 0, 0], bool), NATURAL, 1.0),
}
REPORT = RobustnessReport(EvaluationSettings(epsilon=0.2), np.arange(4), NATURAL, OUTCOMES)
ROW = replace(TableRow.of("A|B_c & 100%", "digits", REPORT), verdict="doubtful")


def test_a_row_holds_what_was_measured_and_the_drop():
    assert ROW.cells["natural"].value == 0.75
    assert ROW.cells["worst"].value == 0.25
    assert ROW.cells["square"] is None
    assert ROW.drop == 25


def test_csv_can_be_read_back():
    (line,) = csv.DictReader(io.StringIO(to_csv([ROW])))
    assert line["model"] == "A|B_c & 100%"
    assert float(line["pgd"]) == 0.5
    assert float(line["pgd_low"]) < 0.5 < float(line["pgd_high"])
    assert line["autoattack"] == ""
    assert (float(line["drop_points"]), line["verdict"]) == (25, "doubtful")


def test_markdown_and_latex_escape_and_have_all_columns():
    markdown = to_markdown([ROW]).splitlines()
    assert markdown[2].count(" | ") == len(COLUMNS) + 2  # drop and verdict
    assert markdown[2].endswith("| 25.0 | doubtful |")
    assert r"A\|B_c" in markdown[2]
    assert "epsilon 0.2" in markdown[-1]
    latex = to_latex([ROW])
    assert r"A|B\_c \& 100\%" in latex
    assert r"Model & Natural & PGD-40 & Adaptive PGD-40 & Worst case & Drop & PGD is \\" in latex
    assert r"$25.0$ & doubtful \\" in latex
    assert latex.count(r"\toprule") == latex.count(r"\caption{") == latex.count(r"\label{tab:robustness}") == 1
    # Wilson's interval of 3 out of 4 is 30.1 % to 95.4 %.
    assert "$75.0_{-44.9}^{+20.4}$" in latex


def test_a_table_without_verdicts_has_no_column_for_them():
    assert "PGD is" not in to_latex([replace(ROW, verdict="")])


@pytest.mark.parametrize(
    ("right", "best"),
    # 80 against 60 of 100: Fisher's p = 0.003; against 70: 0.14. 75 against 60: 0.034, which two others make 0.068.
    [((80, 60), 0), ((80, 70), None), ((60, 75), 1), ((60, 75, 60), None), ((80,), None), ((0, 0), None)],
)
def test_only_a_significant_best_is_bold(right, best):
    cells = [Accuracy.of(count, 100) for count in right]
    assert significantly_best([None, *cells]) == (None if best is None else best + 1)
    rows = [
        replace(ROW, title=str(count), cells={**ROW.cells, "worst": cell})
        for count, cell in zip(right, cells, strict=True)
    ]
    bold = [line.split(" & ")[0] for line in to_latex(rows).splitlines() if "mathbf" in line]
    assert bold == ([] if best is None else [str(right[best])])
    assert ("Bold:" in to_latex(rows)) == (best is not None)


def test_published_rows_are_the_papers():
    rows = {(row.dataset, row.defence, row.source.split()[0]): row for row in PUBLISHED}
    assert rows["Tiny-ImageNet", "PGD-AT-ANCRA", "Supplement"].pgd == 26.73
    assert rows["Tiny-ImageNet", "PGD-AT-ANCRA", "Supplement"].adaptive == 14.99
    assert len(PUBLISHED) == 13
