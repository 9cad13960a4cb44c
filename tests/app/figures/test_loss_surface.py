import numpy as np
import pytest

from ancra.evaluation.loss_surface import LossSurface, Plane, SurfaceSettings
from ancra.web.palette import palette
from app.figures.loss_surface import surface_figure, surface_sentence

AXIS = np.array([-1.0, 0, 1])


def plane(name, title, losses, decision=None):
    decision = np.zeros((3, 3), int) if decision is None else decision
    return Plane(name, title, np.array(losses, np.float32), decision, 0, np.ones((1, 2, 2)), 1.0, zero_gradient=False)


def surface(*planes):
    return LossSurface(AXIS, planes, np.ones((1, 2, 2)), 0, SurfaceSettings(points=3))


SLOPE = plane("ce_first", "On p", [[0, 0, 0], [1, 1, 1], [2, 2, 2]])
CLIFF = plane("ce", "On p'", [[0, 0, 0], [0, 0, 0], [0, 0, 17]], np.array([[0, 0, 0], [0, 0, 0], [0, 0, 4]]))
FLAT = plane("ce", "On p'", np.zeros((3, 3)))


@pytest.mark.parametrize("kind", ["3d", "map"])
def test_planes_stand_side_by_side_with_the_gradient_along_x(kind):
    figure = surface_figure(surface(CLIFF, SLOPE), palette(), kind)
    shown = [trace for trace in figure.data if trace.type in ("surface", "heatmap")]
    assert len(shown) == 2
    # Plotly's rows run along y, so the gradient direction is the second index there.
    assert np.allclose(shown[1].z, [[-7, 0, np.log10(2)]] * 3)
    assert shown[1].customdata.tolist() == [[0, 1, 2]] * 3
    assert [note.text for note in figure.layout.annotations] == ["On p'", "On p"]


@pytest.mark.parametrize("only", [None, 0, 1])
def test_all_planes_are_on_one_scale_also_when_one_is_drawn_alone(only):
    figure = surface_figure(surface(FLAT, SLOPE), palette(), "map", only=only)
    shown = [trace for trace in figure.data if trace.type == "heatmap"]
    assert all(np.allclose([trace.zmin, trace.zmax], [-7, np.log10(2)]) for trace in shown)
    titles = [note.text for note in figure.layout.annotations]
    assert titles == (["On p'", "On p"] if only is None else [["On p'", "On p"][only]])


def test_the_line_where_the_answer_changes_is_drawn_where_it_does():
    lines = [trace for trace in surface_figure(surface(CLIFF, SLOPE), palette(), "map").data if trace.type == "contour"]
    assert len(lines) == 1


def test_the_sentence_says_what_an_attack_has_to_go_by():
    classes = ["zero", "one"]
    cliff = surface_sentence(surface(CLIFF, SLOPE), classes)
    assert cliff.startswith("Where the model still answers zero, on p' changes by 0, and on p changes by 2.0.")
    assert "a cliff of 17.0" in cliff
    assert "no proof" in surface_sentence(surface(FLAT, SLOPE), classes)
    assert "plateau" not in surface_sentence(surface(SLOPE), classes)
    wrong = plane("ce", "On p'", np.zeros((3, 3)), np.ones((3, 3), int))
    assert "even without an attack" in surface_sentence(surface(wrong), classes)
