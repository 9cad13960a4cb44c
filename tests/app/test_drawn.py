"""Figures and pictures whose facts did not change are not drawn again."""

from functools import partial

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from ancra.web.palette import palette
from app.drawn import drawn, figure
from app.memory import ENTRY, Kept

CALLS = []


def line(values, colours):
    CALLS.append("line")
    return go.Figure(go.Scatter(y=values, line={"color": colours.final}))


def total(values):
    CALLS.append("total")
    return float(values.sum())


@pytest.fixture(autouse=True)
def calls():
    import streamlit as st

    st.cache_resource.clear()
    CALLS.clear()
    return CALLS


def test_the_same_content_is_drawn_once_and_other_content_or_colours_anew(calls):
    first = figure(partial(line, np.arange(3)), palette())
    again = figure(partial(line, np.arange(3)), palette())
    assert calls == ["line"]
    assert first.to_dict() == again.to_dict()
    figure(partial(line, np.arange(4)), palette())
    figure(partial(line, np.arange(3)), palette(dark=True))
    assert calls == ["line"] * 3


def test_a_kept_figure_is_the_figure():
    built = line(np.arange(3), palette())
    assert plotly.io.to_json(figure(partial(line, np.arange(3)), palette())) == plotly.io.to_json(built)


def test_what_is_drawn_depends_on_the_function_too(calls):
    assert drawn(total, np.ones(3)) == 3
    assert drawn(total, np.ones(3)) == 3
    assert drawn(np.size, np.ones(3)) == 3
    assert calls == ["total"]


def test_what_is_kept_is_bounded_by_its_bytes():
    kept = Kept(3 * (ENTRY + 100))
    for key in range(4):
        kept.put(key, bytes(100))
        kept.get(0)
    assert [kept.get(key) is not None for key in range(4)] == [True, False, True, True]
    kept.put(0, bytes(10_000))
    assert [key for key in range(4) if kept.get(key) is not None] == [0]
    kept.put(0, b"")
    kept.put(1, b"")
    assert kept.get(0) == b""
