import pytest
from streamlit.testing.v1 import AppTest

from ancra.paths import ROOT
from ancra.runs.launchers import LocalLauncher
from ancra.runs.run import Run, list_runs
from ancra.runs.status import RunStatus
from ancra.training.recipe import load_recipe, recipe_names

PAGE = str(ROOT / "app" / "app_pages" / "train.py")


@pytest.fixture
def submitted(monkeypatch, workspace):
    """Runs that the page asked to start; no process is started."""
    runs: list[Run] = []
    monkeypatch.setattr(LocalLauncher, "submit", lambda self, run: runs.append(run))
    return runs


def open_page() -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not page.exception
    return page


def labelled(widgets, label):
    return next(widget for widget in widgets if widget.label == label)


def test_without_runs_the_page_says_what_to_do(submitted):
    page = open_page()
    assert "No run yet" in page.info[0].value
    assert not page.button[0].disabled


def test_start_with_a_changed_setting(submitted):
    page = open_page()
    labelled(page.number_input, "Epochs").set_value(3)
    page.button[0].click().run()
    assert [run.recipe.epochs for run in submitted] == [3]
    assert submitted[0].recipe == load_recipe("digits-trades-ancra").with_changes(epochs=3)
    assert submitted[0].recipe.title in labelled(page.selectbox, "Run").options[0]


def test_settings_that_do_not_fit_get_a_sentence_and_no_start(submitted):
    page = open_page()
    labelled(page.text_input, "Milestones").set_value("a, b").run()
    assert "schedule.milestones" in page.error[0].value
    assert page.button[0].disabled
    labelled(page.text_input, "Milestones").set_value("5, 10").run()
    assert not page.error
    assert not page.button[0].disabled


def test_a_failed_run_shows_why_and_can_be_resumed(submitted, tiny_recipe, workspace):
    run = Run.create(workspace / "runs" / "broken", tiny_recipe)
    run.write_status(RunStatus(state="failed", message="The disk is full.", epochs=6, created=1))
    run.append_metrics({"epoch": 1, "loss": 2.0, "loss/robust": 1.0, "natural": 0.9, "pgd": 0.5, "adaptive": 0.4})
    page = open_page()
    assert page.error[0].value == "The disk is full."
    assert [metric.value for metric in page.metric] == ["90.0%", "50.0%", "40.0%"]
    labelled(page.button, "Resume").click().run()
    assert [each.name for each in submitted] == ["broken"]


def test_a_damaged_run_does_not_break_the_page(submitted, tiny_recipe, workspace):
    run = Run.create(workspace / "runs" / "broken", tiny_recipe)
    run.recipe_file.write_text("name: [")
    assert len(list_runs()) == 1
    assert "No run yet" in open_page().info[0].value


def untouched_form(name: str) -> None:
    """Runs inside AppTest: draws the form and keeps the recipe that it gives."""
    import streamlit as st

    from ancra.training.recipe import load_recipe
    from app.parts.recipe_form import recipe_form

    st.session_state["given"] = recipe_form(load_recipe(name)).model_dump_json()


@pytest.mark.parametrize("name", [name for name in recipe_names() if "wrn" not in name and "100" not in name])
def test_an_untouched_form_gives_the_preset(name):
    page = AppTest.from_function(untouched_form, kwargs={"name": name}, default_timeout=60).run()
    assert not page.exception
    assert page.session_state["given"] == load_recipe(name).model_dump_json()
