"""The look of figures, and axes beside and below each other."""

from dataclasses import replace

import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from ancra.web.palette import palette
from app.figures.subplots import spans, suffix, titles
from app.figures.theme import look


def test_changes_are_laid_over_the_look_and_leave_the_rest():
    plain = look(palette(), 300)
    changed = look(palette(), 300, margin={"t": 8}, xaxis={"title": "step"}, dragmode=False)
    assert changed["margin"] == {**plain["margin"], "t": 8}
    assert changed["xaxis"] == {**plain["xaxis"], "title": "step"}
    assert changed == {**plain, "margin": changed["margin"], "xaxis": changed["xaxis"], "dragmode": False}
    assert look(palette(), 300) == plain


def test_every_axis_has_the_look():
    made = look(palette(), 300, xaxis2={"domain": [0.5, 1]})
    assert made["xaxis2"] == {**made["xaxis"], "domain": [0.5, 1]}
    assert made["yaxis"] == made["xaxis"]


def test_figures_for_a_room_have_large_type():
    large = look(replace(palette(), least_type=20), 300)
    assert [each["size"] for each in (large["font"], large["legend"]["font"], large["xaxis"]["tickfont"])] == [20] * 3
    assert look(palette(), 300)["font"]["size"] == 14


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_axes_stand_where_plotly_puts_them(columns):
    texts = [f"column {index}" for index in range(columns)]
    theirs = make_subplots(1, columns, horizontal_spacing=0.03, subplot_titles=texts).layout
    across = spans(columns, gap=0.03)
    for index, span in enumerate(across):
        assert theirs[f"xaxis{suffix(index)}"].domain == tuple(span)
    assert go.Layout(annotations=titles(texts, across)).annotations == theirs.annotations
