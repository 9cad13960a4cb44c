"""Figures of the pages on paper: column width, the same data, Type 42 fonts, and what they are."""

import plotly.graph_objects as go
import pytest
import torch

from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import trace_attack
from ancra.figure_files import COLUMN, TWO_COLUMNS, paper_look
from ancra.origin import Origin, read_origin
from ancra.web.palette import palette
from app.figures.on_paper import draw, on_paper
from app.figures.replay import Replayed
from app.figures.sweeps import along_chart, learning_chart, settings_chart, two_axes_chart
from app.figures.trace_on_paper import trace_on_paper
from app.parts.save_figure import file_name

ORIGIN = Origin(what="A figure")
LIGHT = palette()
GREY = [[0, "#ffffff"], [1, "#000000"]]


@pytest.fixture
def outcome(tiny_recipe, make_outcome):
    return make_outcome(
        tiny_recipe, {"objective.contrast.alpha": (0.0, 0.5)}, lambda values, seed, name: 0.5 + seed / 50
    )


def drawn(figure, width=COLUMN):
    with paper_look():
        made = draw(figure, width)
        made.canvas.draw()
    return made


@pytest.mark.parametrize("chart", [along_chart, settings_chart, learning_chart])
def test_figures_of_sweeps_are_drawn_in_column_width(outcome, chart, tmp_path):
    given = {along_chart: ("objective.contrast.alpha", 0.5, None), settings_chart: (None,), learning_chart: ("pgd",)}
    figure = chart(outcome, *given[chart], LIGHT)
    assert drawn(figure).get_figwidth() == COLUMN
    for kind in ("pdf", "svg"):
        path = tmp_path / f"figure.{kind}"
        path.write_bytes(on_paper(figure, kind, ORIGIN))
        assert read_origin(path) == ORIGIN
    assert b"/Type3" not in (tmp_path / "figure.pdf").read_bytes()


def test_every_line_and_its_name_are_there():
    figure = go.Figure().add_scatter(x=[1, 2], y=[0.1, 0.3], name="<b>p'</b>", mode="lines", line={"dash": "dash"})
    figure.add_scatter(x=[1, 2], y=[0.2, 0.4], name="R&amp;D", marker={"symbol": "diamond-open"})
    figure.update_yaxes(type="log", title="loss", range=[-2, 0]).update_xaxes(tickvals=[1, 2], ticktext=["a", "b<br>c"])
    made = drawn(figure, TWO_COLUMNS)
    (axes,) = made.axes
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.1, 0.3], [0.2, 0.4]]
    assert [text.get_text() for text in made.legends[0].get_texts()] == ["p'", "R&D"]
    assert (axes.get_yscale(), axes.get_ylabel(), axes.get_ylim()) == ("log", "loss", (0.01, 1.0))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b\nc"]


def test_bars_stack_and_words_keep_their_order():
    figure = go.Figure().add_bar(x=["b", "a"], y=[1, 2], name="one").add_bar(x=["b", "a"], y=[3, 4], name="two")
    (axes,) = drawn(figure.update_layout(barmode="stack")).axes
    assert [(bar.get_y(), bar.get_height()) for bar in axes.patches] == [(0, 1), (0, 2), (1, 3), (2, 4)]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["b", "a"]


def test_a_heat_map_has_its_numbers_and_its_first_row_on_top(outcome, tiny_recipe, make_outcome):
    vary = {"objective.contrast.alpha": (0.0, 1.0), "objective.contrast.zeta": (1.0, 3.0)}
    both = make_outcome(tiny_recipe, vary, lambda values, seed, name: 0.25)
    (axes, *_) = drawn(two_axes_chart(both, *vary, "pgd", LIGHT)).axes
    assert {text.get_text() for text in axes.texts} == {"25.0 ± 0.0"}
    figure = go.Figure(
        go.Heatmap(z=[[1, None]], x=["p", "q"], y=["r"], text=[["1", ""]], texttemplate="%{text}", colorscale=GREY)
    )
    (axes, *_) = drawn(figure.update_yaxes(autorange="reversed")).axes
    low, high = axes.get_ylim()
    assert low > high


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="Surface"):
        draw(go.Figure(go.Surface(z=[[1]])), COLUMN)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_trace_is_drawn_with_images_and_course(attentive, channels, tmp_path):
    settings = AttackSettings(steps=2, epsilon=0.1)
    model = attentive
    if channels == 3:
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 64, 10))
    trace = trace_attack(model, torch.rand(1, channels, 8, 8), torch.tensor([3]), settings)
    classes = tuple("0123456789")
    path = tmp_path / "trace.svg"
    path.write_bytes(trace_on_paper([Replayed("A $model$", trace, settings)], 2, classes, 3, "svg", ORIGIN))
    text = path.read_text()
    assert "A $model$" in text
    assert text.count("<image") >= 3
    assert "probability of 3, %" in text
    assert read_origin(path) == ORIGIN


def test_the_name_of_a_file_says_what_it_is():
    assert file_name("Accuracy against epsilon digits PGD-AT, 8/255") == "accuracy-against-epsilon-digits-pgd-at-8-255"
