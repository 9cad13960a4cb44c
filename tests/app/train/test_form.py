"""The form of the Train page: a recipe, its settings, and what is said before a start."""

from concurrent.futures import Future

import pytest

from ancra.errors import AncraError
from ancra.launchers.local import LocalLauncher
from ancra.recipe import load_recipe
from ancra.runs.run import list_runs
from app.answers import estimates
from app.answers.estimates import Measured


def test_without_runs_the_form_comes_first_and_the_runs_say_what_to_do(submitted, open_train):
    assert not open_train().button(key="start").disabled
    assert "No run yet" in open_train("Runs").info[0].value


def test_the_form_stays_as_it_was_typed_when_the_first_run_appears_elsewhere(submitted, made, open_train):
    page = open_train()
    page.number_input(key="recipe/digits-trades-ancra/seed").set_value(2).run()
    made("of-the-command-line", "running")
    page.run()
    assert page.number_input(key="recipe/digits-trades-ancra/seed").value == 2
    assert page.session_state["part"] == "New run"


def test_start_with_a_changed_setting(submitted, open_train, text):
    page = open_train()
    page.number_input(key="recipe/digits-trades-ancra/epochs").set_value(3).run()
    assert "1 setting differs" in text(page)
    page.button(key="start").click().run()
    assert [run.recipe for run in submitted] == [load_recipe("digits-trades-ancra").with_changes(epochs=3)]
    assert page.session_state["part"] == "Runs"
    assert page.query_params["runs"] == submitted[0].name


def test_changes_are_named_can_be_taken_back_and_stand_in_the_link(submitted, open_train, text):
    page = open_train()
    page.number_input(key="recipe/digits-trades-ancra/epochs").set_value(3).run()
    page.selectbox(key="recipe/digits-trades-ancra/schedule.kind").set_value("steps").run()
    page.text_input(key="recipe/digits-trades-ancra/schedule.milestones").set_value("5, 10").run()
    given = ["schedule.kind=steps", "schedule.milestones=[5, 10]", "epochs=3"]
    assert list(page.query_params["set"]) == given
    assert "--set epochs=3" in page.code[0].value
    again = open_train(set=given)
    assert again.number_input(key="recipe/digits-trades-ancra/epochs").value == 3
    again.button(key="reset/epochs").click().run()
    assert again.number_input(key="recipe/digits-trades-ancra/epochs").value == 15
    again.button(key="reset_all").click().run()
    assert "nothing is changed" in text(again)
    assert "set" not in again.query_params


def test_a_link_with_settings_that_are_none_opens_the_recipe(submitted, open_train, text):
    assert "nothing is changed" in text(open_train(set=["no.such=1"]))


def test_settings_that_do_not_fit_get_a_sentence_and_no_start(submitted, open_train):
    page = open_train(set=["schedule.kind=steps"])
    milestones = page.text_input(key="recipe/digits-trades-ancra/schedule.milestones")
    milestones.set_value("a, b").run()
    assert "schedule.milestones" in page.error[0].value
    assert "start" not in [button.key for button in page.button]
    page.text_input(key="recipe/digits-trades-ancra/schedule.milestones").set_value("5, 10").run()
    assert not page.error
    assert not page.button(key="start").disabled


def test_only_settings_that_mean_something_are_asked_for(submitted, open_train):
    page = open_train(recipe="digits-natural")
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
def test_the_estimate_never_keeps_the_page_waiting(submitted, monkeypatch, future, said, open_train, text):
    monkeypatch.setattr("app.parts.train.form.SETTLED", 0)
    monkeypatch.setattr(estimates, "begin", lambda recipe: future())
    page = open_train()
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


def test_a_launcher_that_is_not_here_says_what_to_install(submitted, monkeypatch, open_train, text):
    monkeypatch.setattr("app.answers.runs._why_not", lambda name: "" if name == "local" else f"Install {name}.")
    page = open_train()
    assert "Install ray." in text(page)
    assert "Install slurm." in text(page)
    assert not [group for group in page.get("button_group") if getattr(group, "label", "") == "Train on"]


def test_a_run_that_cannot_be_submitted_leaves_nothing(submitted, monkeypatch, open_train):
    def refuse(self, run):
        raise AncraError("The cluster is full.")

    monkeypatch.setattr(LocalLauncher, "submit", refuse)
    page = open_train()
    page.button(key="start").click().run()
    assert page.error[0].value == "The cluster is full."
    assert not list_runs()


def test_what_is_trained_and_what_is_doubtful_is_said_before_the_start(submitted, monkeypatch, open_train, text):
    monkeypatch.setattr("app.parts.train.subject.PATIENCE", 60)
    page = open_train(recipe="digits-trades-ancra", set=["batch_size=2000", "attack.epsilon=0.03137254901960784"])
    assert "**85,678 parameters** on **1,211 images**: **1 step an epoch**" in text(page)
    assert "Linf epsilon 8/255" in text(page)
    assert "The batch size, 2,000, is above the 1,211 training images" in text(page)
    assert page.text_input(key="recipe/digits-trades-ancra/attack.epsilon").value == "8/255"


def test_a_fraction_is_typed_as_the_field_writes_it(submitted, open_train):
    page = open_train()
    epsilon = page.text_input(key="recipe/digits-trades-ancra/attack.epsilon")
    epsilon.set_value("16/255").run()
    assert "Attack: Epsilon 0.2 → 16/255" in [button.label for button in page.button]
    epsilon.set_value("much").run()
    assert "attack.epsilon" in page.error[0].value
