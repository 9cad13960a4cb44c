import subprocess
import sys
from pathlib import Path

import pytest

from ancra.errors import AncraError
from ancra.web.palette import palette
from app import guard
from app.answers.models import preferred, title_of
from app.figures.gap import gap_chart

APP = Path(__file__).parents[2] / "app" / "streamlit_app.py"


@pytest.mark.parametrize("page", ["home", "attack", "negatives"])
def test_without_a_model_a_page_says_what_to_do(no_models, visit, page):
    at = visit(page)
    assert not at.exception
    assert not at.error
    assert "make checkpoints" in at.info[0].value


def test_the_first_page_needs_no_torch():
    code = (
        "import sys; from app import compute, state; from app.answers import demonstrations; "
        "from app.components import fooled; from app.figures import fooled, gap; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=APP.parents[1]).returncode == 0


def test_names_say_where_a_model_comes_from(home):
    assert title_of("uploads/tiny-ra") == "Tiny with attention · tiny-ra"
    assert title_of("gone") == "gone"


def test_wished_for_models_come_first_and_others_fill_up():
    names = ["digits/a", "digits/b", "runs/c"]
    assert preferred(names, ["c", "none"]) == ["runs/c", "digits/a"]


def test_a_known_error_shows_its_sentence(monkeypatch):
    seen = []
    monkeypatch.setattr(guard.st, "error", lambda text, **_: seen.append(text))
    with guard.guard():
        raise AncraError("Choose another model.")
    assert seen == ["Choose another model."]


def test_both_palettes_have_ten_different_class_colours():
    for dark in (False, True):
        assert len(set(palette(dark).classes)) == 10
    assert palette().class_colour(10) == palette().class_colour(0)


def test_the_gap_chart_draws_three_accuracies_with_intervals():
    row = {
        "title": "TRADES-ANCRA",
        "samples": 400,
        "natural": 0.95,
        "pgd": 0.8,
        "adaptive": 0.6,
        "intervals": {"natural": [0.93, 0.97], "pgd": [0.76, 0.84], "adaptive": [0.55, 0.65]},
    }
    markers = [
        trace for trace in gap_chart([row, {**row, "title": "TRADES"}], palette()).data if trace.mode == "markers"
    ]
    assert [list(trace.x) for trace in markers] == [[95, 95], [80, 80], [60, 60]]
    assert markers[2].error_x.array[0] == pytest.approx(5)
