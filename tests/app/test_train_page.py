from concurrent.futures import Future

import pytest
from streamlit.testing.v1 import AppTest

from ancra.errors import AncraError
from ancra.jobs.status import RunStatus
from ancra.launchers.local import LocalLauncher
from ancra.paths import ROOT
from ancra.recipe import load_recipe
from ancra.runs.run import Run, list_runs
from app.answers import estimates, runs
from app.answers.estimates import Measured

APP = str(ROOT / "app" / "streamlit_app.py")


@pytest.fixture
def submitted(monkeypatch, workspace, clear_caches):
    """Runs that the page asked to start; no process is started, and nothing is measured."""
    runs: list[Run] = []
    monkeypatch.setattr(LocalLauncher, "submit", lambda self, run: runs.append(run))
    monkeypatch.setattr(estimates, "begin", lambda recipe: Future())
    return runs


@pytest.fixture
def made(workspace, tiny_recipe):
    """Makes a run in a state, with so many epochs behind it."""

    def make(name, state="finished", epochs=2, created=1.0, message="", recipe=tiny_recipe):
        run = Run.create(workspace / "runs" / name, recipe)
        for epoch in range(1, epochs + 1):
            accuracies = {"natural": 0.9, "pgd": 0.5, "adaptive": 0.4 - 0.01 * epoch}
            run.append_metrics({"epoch": epoch, "loss": 2.0, "loss/robust": 1.0, "seconds": 3.0, **accuracies})
        run.write_status(RunStatus(state=state, message=message, epoch=epochs, epochs=6, created=created))
        return run

    return make


def open_page(part: str = "", **query: str | list[str]) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=60)
    for name, value in {**({"part": part} if part else {}), **query}.items():
        page.query_params[name] = value
    page.run().switch_page("app_pages/train.py").run()
    assert not page.exception
    return page


def labelled(widgets, label):
    return next(widget for widget in widgets if widget.label == label)


def text(page):
    return " ".join(each.value for each in (*page.markdown, *page.caption, *page.info, *page.warning, *page.success))


def charts(page):
    return len(page.get("plotly_chart"))


def test_without_runs_the_form_comes_first_and_the_runs_say_what_to_do(submitted):
    assert not open_page().button(key="start").disabled
    assert "No run yet" in open_page("Runs").info[0].value


def test_the_form_stays_as_it_was_typed_when_the_first_run_appears_elsewhere(submitted, made):
    page = open_page()
    page.number_input(key="recipe/digits-trades-ancra/seed").set_value(2).run()
    made("of-the-command-line", "running")
    page.run()
    assert page.number_input(key="recipe/digits-trades-ancra/seed").value == 2
    assert page.session_state["part"] == "New run"


def test_start_with_a_changed_setting(submitted):
    page = open_page()
    page.number_input(key="recipe/digits-trades-ancra/epochs").set_value(3).run()
    assert "1 setting differs" in text(page)
    page.button(key="start").click().run()
    assert [run.recipe for run in submitted] == [load_recipe("digits-trades-ancra").with_changes(epochs=3)]
    assert page.session_state["part"] == "Runs"
    assert page.query_params["runs"] == submitted[0].name


def test_changes_are_named_can_be_taken_back_and_stand_in_the_link(submitted):
    page = open_page()
    page.number_input(key="recipe/digits-trades-ancra/epochs").set_value(3).run()
    page.selectbox(key="recipe/digits-trades-ancra/schedule.kind").set_value("steps").run()
    page.text_input(key="recipe/digits-trades-ancra/schedule.milestones").set_value("5, 10").run()
    given = ["schedule.kind=steps", "schedule.milestones=[5, 10]", "epochs=3"]
    assert list(page.query_params["set"]) == given
    assert "--set epochs=3" in page.code[0].value
    again = open_page(set=given)
    assert again.number_input(key="recipe/digits-trades-ancra/epochs").value == 3
    again.button(key="reset/epochs").click().run()
    assert again.number_input(key="recipe/digits-trades-ancra/epochs").value == 15
    again.button(key="reset_all").click().run()
    assert "nothing is changed" in text(again)
    assert "set" not in again.query_params


def test_a_link_with_settings_that_are_none_opens_the_recipe(submitted):
    assert "nothing is changed" in text(open_page(set=["no.such=1"]))


def test_settings_that_do_not_fit_get_a_sentence_and_no_start(submitted):
    page = open_page(set=["schedule.kind=steps"])
    milestones = page.text_input(key="recipe/digits-trades-ancra/schedule.milestones")
    milestones.set_value("a, b").run()
    assert "schedule.milestones" in page.error[0].value
    assert "start" not in [button.key for button in page.button]
    page.text_input(key="recipe/digits-trades-ancra/schedule.milestones").set_value("5, 10").run()
    assert not page.error
    assert not page.button(key="start").disabled


def test_only_settings_that_mean_something_are_asked_for(submitted):
    page = open_page(recipe="digits-natural")
    asked = {widget.key.rpartition("/")[2] for widget in (*page.number_input, *page.text_input, *page.toggle)}
    assert not asked & {"model.depth", "objective.contrast", "negatives.picker", "data.test_fraction", "data.root"}
    page.selectbox(key="recipe/digits-natural/data.name").set_value("image_folder").run()
    assert page.text_input(key="recipe/digits-natural/data.root").value == ""


@pytest.mark.parametrize(
    ("future", "said"),
    [
        (lambda: Future(), "Estimating"),
        (lambda: done(Measured(3700, 2**31, "cpu")), "About **62 min**, 2.0 GB of memory on cpu"),
        (lambda: failed("There is no CIFAR-10 here: put it there."), "There is no CIFAR-10 here"),
    ],
)
def test_the_estimate_never_keeps_the_page_waiting(submitted, monkeypatch, future, said):
    monkeypatch.setattr("app.parts.train.form.SETTLED", 0)
    monkeypatch.setattr(estimates, "begin", lambda recipe: future())
    page = open_page()
    assert said in text(page)
    assert not page.button(key="start").disabled


def done(value):
    future: Future = Future()
    future.set_result(value)
    return future


def failed(sentence):
    future: Future = Future()
    future.set_exception(AncraError(sentence))
    return future


def test_a_launcher_that_is_not_here_says_what_to_install(submitted, monkeypatch):
    monkeypatch.setattr("app.answers.runs._why_not", lambda name: "" if name == "local" else f"Install {name}.")
    page = open_page()
    assert "Install ray." in text(page)
    assert "Install slurm." in text(page)
    assert not [group for group in page.get("button_group") if getattr(group, "label", "") == "Train on"]


def test_a_run_that_cannot_be_submitted_leaves_nothing(submitted, monkeypatch):
    def refuse(self, run):
        raise AncraError("The cluster is full.")

    monkeypatch.setattr(LocalLauncher, "submit", refuse)
    page = open_page()
    page.button(key="start").click().run()
    assert page.error[0].value == "The cluster is full."
    assert not list_runs()


def test_a_failed_run_shows_why_and_can_be_resumed(submitted, made):
    made("broken", "failed", 1, message="The disk is full.")
    page = open_page()
    assert page.error[0].value == "The disk is full."
    assert [metric.value for metric in page.metric] == ["90.0%", "50.0%", "39.0%"]
    assert charts(page) == 3
    page.button(key="Resume/broken").click().run()
    assert [each.name for each in submitted] == ["broken"]


def test_the_newest_run_is_shown_and_another_ticked_one_laid_over_it(submitted, made, tiny_recipe):
    made("old", created=1)
    made("new", created=2, recipe=tiny_recipe.with_changes(batch_size=64))
    page = open_page()
    assert page.query_params["runs"] == "new"
    page.checkbox(key="show/old").check().run()
    assert page.query_params["runs"] == "new,old"
    assert charts(page) == 4
    assert page.dataframe[0].value.iloc[0].tolist() == ["Batch size", "64", "256"]
    page.checkbox(key="show/new").uncheck().run()
    assert page.query_params["runs"] == ",old"  # which keeps its colour
    page.checkbox(key="show/old").uncheck().run()
    assert "Tick a run" in text(page)


def test_the_link_chooses_runs_and_a_seventh_takes_the_place_of_the_first(submitted, made):
    for number in range(8):
        made(f"run{number}", created=number)
    page = open_page(runs="run0,run1,gone,run3,run4,run5,run6")
    ticked = [box.key for box in page.checkbox if box.value]
    assert sorted(ticked) == [f"show/run{number}" for number in (0, 1, 3, 4, 5)]
    page.checkbox(key="show/run6").check().run()
    page.checkbox(key="show/run7").check().run()
    assert page.query_params["runs"] == "run7,run1,run6,run3,run4,run5"


def test_runs_are_found_by_words_and_ordered_by_accuracy(submitted, made):
    for number in range(10):
        made(f"run{number}", "failed" if number == 3 else "finished", epochs=10 - number, created=number)
    page = open_page()
    assert len(page.checkbox) == 8
    labelled(page.button, "Show 2 more").click().run()
    assert len(page.checkbox) == 10
    page.text_input(key="find_run").set_value("tRaDes failed").run()
    assert [box.key for box in page.checkbox] == ["show/run3"]
    page.text_input(key="find_run").set_value("").run()
    page.selectbox(key="run_order").set_value("Best adaptive accuracy").run()
    assert len(page.checkbox) == 10
    page.text_input(key="find_run").set_value("nothing like it").run()
    assert "No run fits" in text(page)


def test_a_waiting_run_tells_its_place_and_can_be_stopped(submitted, made, monkeypatch):
    stopped = []
    monkeypatch.setattr("app.answers.runs.queue_position", lambda run: 2)
    monkeypatch.setattr("app.answers.runs.stop", stopped.append)
    made("waits", "queued", 0)
    page = open_page()
    assert "Number 2 in the queue" in str(page.get("progress")[0].proto)
    assert page.button(key="Delete/waits").disabled
    page.button(key="Stop/waits").click().run()
    assert stopped == ["waits"]


def test_a_run_is_duplicated_with_changes(submitted, made, tiny_recipe):
    made("first")
    page = open_page()
    page.button(key="Duplicate/first").click().run()
    assert page.session_state["part"] == "New run"
    assert page.selectbox(key="recipe").value == "runs/first"
    page.number_input(key="recipe/runs/first/seed").set_value(7).run()
    page.button(key="start").click().run()
    assert [run.recipe for run in submitted] == [tiny_recipe.with_changes(seed=7)]


def test_deleting_asks_first_and_says_what_is_lost(submitted, made):
    made("first", epochs=2)
    page = open_page()
    page.button(key="Delete/first").click().run()
    assert "You lose 2 epochs of training and its model" in text(page)
    assert len(list_runs()) == 1


def test_a_damaged_run_does_not_break_the_page(submitted, made):
    made("broken").recipe_file.write_text("name: [")
    assert len(list_runs()) == 1
    assert "No run yet" in open_page("Runs").info[0].value


def test_the_star_is_on_the_epoch_whose_weights_are_kept(made):
    run = made("tied", epochs=0)
    for epoch, natural in enumerate((0.5, 0.7, 0.7), 1):
        run.append_metrics({"epoch": epoch, "natural": natural, "pgd": 0.4, "adaptive": 0.3, "constant": 0.1})
    assert runs.view("tied").best["epoch"] == 2


def test_catastrophic_overfitting_is_said_on_the_card(submitted, made):
    run = made("collapsed", epochs=0)
    for epoch, (fgsm, pgd) in enumerate(((0.5, 0.4), (0.8, 0.05)), 1):
        found = {"natural": 0.9, "pgd": pgd, "adaptive": pgd, "fgsm": fgsm, "constant": 0.1, "loss": 1.0}
        run.append_metrics({"epoch": epoch, **found})
    page = open_page(runs="collapsed")
    assert any("Catastrophic overfitting in epoch 2" in warning.value for warning in page.warning)


def the_dialog() -> None:
    """Runs inside AppTest: the dialog alone, which lasts one run of its page."""
    from app.parts.train.labels import change_labels

    change_labels("run7")


def test_a_run_is_named_tagged_and_found_by_it(submitted, made):
    for number in range(8):
        made(f"run{number}", created=number)
    page = open_page(runs="run7")
    page.button(key="Name and note/run7").click().run()
    assert page.text_input(key="title/run7").value == ""
    dialog = AppTest.from_function(the_dialog, default_timeout=60).run()
    dialog.text_input(key="title/run7").set_value("My best")
    dialog.text_input(key="tags/run7").set_value("for the talk, keep")
    dialog.text_area(key="note/run7").set_value("Half of the width.")
    dialog.button(key="save_labels").click().run()
    assert not dialog.exception
    page = open_page(runs="run7")
    assert "My best" in text(page)
    assert "Half of the width." in [each.value for each in page.get("text")]
    page.text_input(key="find_run").set_value("talk").run()
    assert [box.key for box in page.checkbox] == ["show/run7"]


def test_what_is_trained_and_what_is_doubtful_is_said_before_the_start(submitted, monkeypatch):
    monkeypatch.setattr("app.parts.train.subject.PATIENCE", 60)
    page = open_page(recipe="digits-trades-ancra", set=["batch_size=2000", "attack.epsilon=0.03137254901960784"])
    assert "**85,678 parameters** on **1,211 images**: **1 step an epoch**" in text(page)
    assert "Linf epsilon 8/255" in text(page)
    assert "The batch size, 2,000, is above the 1,211 training images" in text(page)
    assert page.text_input(key="recipe/digits-trades-ancra/attack.epsilon").value == "8/255"


def test_a_fraction_is_typed_as_the_field_writes_it(submitted):
    page = open_page()
    epsilon = page.text_input(key="recipe/digits-trades-ancra/attack.epsilon")
    epsilon.set_value("16/255").run()
    assert "Attack: Epsilon 0.2 → 16/255" in [button.label for button in page.button]
    epsilon.set_value("much").run()
    assert "attack.epsilon" in page.error[0].value
