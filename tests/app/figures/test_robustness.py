import numpy as np
import pytest

from ancra.evaluation.curves import SHOWN, Curves
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.tables import COLUMNS, TableRow
from ancra.web.palette import palette
from app.figures.robustness import curves_chart, drop_chart, model_curves_chart, transfer_chart

CURVES = Curves((0.0, 0.1, 0.2), 20, {name: np.array([20, 10, 5 - index]) for index, name in enumerate(SHOWN)})


def row(title: str, **correct: int) -> TableRow:
    cells = {name: Accuracy.of(correct[name], 10) if name in correct else None for name in COLUMNS}
    return TableRow(title, "digits", 10, 0.2, "linf", 40, cells)


@pytest.mark.parametrize("dark", [False, True])
def test_the_bar_spans_pgd_and_the_worst_case(dark):
    rows = [row("A", natural=9, pgd=8, adaptive=3, worst=1), row("not attacked", natural=9)]
    figure = drop_chart(rows, palette(dark))
    assert list(figure.data[0].x) == [80, 10]
    assert {name for trace in figure.data for name in trace.y} == {"A"}


def test_curves_go_from_no_attack_to_the_largest_epsilon():
    figure = curves_chart({"A": CURVES, "B": CURVES}, "worst", palette())
    assert [trace.name for trace in figure.data] == ["A", "B"]
    assert list(figure.data[0].y) == [100, 50, 15]
    own = model_curves_chart(CURVES, palette(dark=True))
    assert len({trace.line.color for trace in own.data if trace.name}) == len(SHOWN)


def test_what_was_not_tried_stays_empty():
    figure = transfer_chart(["Natural + reverse attention", "B"], np.array([[0.1, np.nan], [0.5, 0.25]]), palette())
    assert figure.data[0].text[0][0] == "10"
    assert figure.data[0].text[0][1] == ""
    assert figure.data[0].x[0] == "Natural + RA"


def test_a_long_name_that_stands_aslant_has_its_height():
    short, long = (transfer_chart([name], np.array([[0.1]]), palette()) for name in ("A", "a_network_of_mine · " * 2))
    assert long.layout.height > short.layout.height + 100
