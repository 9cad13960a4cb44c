"""Figures of the pages on paper: column width, the same data, Type 42 fonts, and what they are."""

import plotly.graph_objects as go
import pytest
import torch
from plotly.subplots import make_subplots

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


def test_bars_of_one_place_stand_beside_each_other():
    figure = go.Figure().add_bar(x=["a"], y=[1], name="one").add_bar(x=["a"], y=[2], name="two")
    first, second = drawn(figure).axes[0].patches
    assert first.get_x() + first.get_width() == pytest.approx(second.get_x())


def test_figures_of_several_axes_keep_their_places_and_titles():
    figure = make_subplots(rows=2, cols=2, column_titles=["left", "right"])
    for column in (1, 2):
        figure.add_trace(go.Image(z=[[[0, 0, 0], [255, 255, 255]]]), row=1, col=column)
        figure.add_heatmap(z=[[0, 1], [column, 2]], colorscale=GREY, showscale=False, row=2, col=column)
    figure.add_annotation(text="empty", showarrow=False, x=0.5, y=0.5, xref="x4 domain", yref="y4 domain")
    left, right, _, last = drawn(figure.update_yaxes(autorange="reversed")).axes
    assert [left.get_title(), right.get_title()] == ["left", "right"]
    assert left.get_position().x0 < right.get_position().x0
    assert [text.get_text() for text in last.texts] == ["empty"]
    assert all(axes.yaxis.get_inverted() for axes in (left, last))


def test_tinted_parts_and_arrows_are_drawn():
    figure = go.Figure().add_scatter(x=[0, 1], y=[0, 1]).add_vrect(x0=0.5, x1=1, fillcolor="#d55e00", opacity=0.2)
    figure.add_annotation(x=1, y=1, ax=0, ay=0, axref="x", ayref="y", showarrow=True, arrowcolor="#000000", text="")
    (axes,) = drawn(figure).axes
    assert [patch.get_bbox().x0 for patch in axes.patches] == [0.5]
    assert [arrow.xy for arrow in axes.texts] == [(1, 1)]


def test_points_and_surfaces_in_space_are_drawn():
    figure = go.Figure(
        go.Surface(x=[0, 1], y=[0, 1], z=[[0, 1], [1, 2]], surfacecolor=[[0, 1], [1, 1]], cmin=0, cmax=1)
    )
    figure.update_traces(colorscale=GREY).add_scatter3d(x=[0], y=[1], z=[None], name="right", mode="markers")
    figure.update_scenes(camera={"eye": {"x": 1, "y": 0, "z": 1}}, zaxis={"range": [0, 3], "title": "loss"})
    (axes,) = drawn(figure).axes
    assert (axes.elev, axes.azim, axes.get_zlim(), axes.get_zlabel()) == (45, 0, (0, 3), "loss")


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="Pie"):
        draw(go.Figure(go.Pie(values=[1])), COLUMN)
    with pytest.raises(ValueError, match="Cone"):
        draw(go.Figure([go.Scatter3d(x=[1], y=[1], z=[1]), go.Cone()]), COLUMN)


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
