import csv
import io

import numpy as np

from ancra.evaluation.published import PUBLISHED
from ancra.evaluation.robustness import Outcome, RobustnessReport
from ancra.evaluation.settings import EvaluationSettings
from ancra.evaluation.tables import COLUMNS, TableRow, to_csv, to_latex, to_markdown

NATURAL = np.array([1, 1, 1, 0], bool)
OUTCOMES = {
    "pgd": Outcome(np.array([1, 1, 0, 0], bool), NATURAL, 1.0),
    "adaptive": Outcome(np.array([1, 0, 0, 0], bool), NATURAL, 1.0),
}
ROW = TableRow.of(
    "A|B_c & 100%", "digits", RobustnessReport(EvaluationSettings(epsilon=0.2), np.arange(4), NATURAL, OUTCOMES)
)


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


def test_markdown_and_latex_escape_and_have_all_columns():
    markdown = to_markdown([ROW]).splitlines()
    assert markdown[2].count(" | ") == len(COLUMNS)
    assert r"A\|B_c" in markdown[2]
    assert "epsilon 0.2" in markdown[-1]
    latex = to_latex([ROW])
    assert r"A|B\_c \& 100\%" in latex
    assert latex.count(" & ") >= 2 * len(COLUMNS)
    # Wilson's interval of 3 out of 4 is 30.1 % to 95.4 %.
    assert "$75.0_{-44.9}^{+20.4}$" in latex


def test_published_rows_are_the_papers():
    rows = {(row.dataset, row.defence, row.source.split()[0]): row for row in PUBLISHED}
    assert rows["Tiny-ImageNet", "PGD-AT-ANCRA", "Supplement"].pgd == 26.73
    assert rows["Tiny-ImageNet", "PGD-AT-ANCRA", "Supplement"].adaptive == 14.99
    assert len(PUBLISHED) == 13
