"""Runs on the Train page: watched, laid over one another, found, named and deleted."""

from ancra.runs.run import list_runs
from app.answers import runs


def test_a_failed_run_shows_why_and_can_be_resumed(submitted, made, open_train, charts):
    made("broken", "failed", 1, message="The disk is full.")
    page = open_train()
    assert page.error[0].value == "The disk is full."
    assert [metric.value for metric in page.metric] == ["90.0%", "50.0%", "39.0%"]
    assert charts(page) == 2
    assert charts(open_train(open_rate="true")) == 3  # the learning rate's is drawn when somebody opens it
    page.button(key="Resume/broken").click().run()
    assert [each.name for each in submitted] == ["broken"]


def test_the_newest_run_is_shown_and_another_ticked_one_laid_over_it(
    submitted, made, tiny_recipe, open_train, text, charts
):
    made("old", created=1)
    made("new", created=2, recipe=tiny_recipe.with_changes(batch_size=64))
    page = open_train()
    assert page.query_params["runs"] == "new"
    page.checkbox(key="show/old").check().run()
    assert page.query_params["runs"] == "new,old"
    assert charts(page) == 4
    assert page.dataframe[0].value.iloc[0].tolist() == ["Batch size", "64", "256"]
    page.checkbox(key="show/new").uncheck().run()
    assert page.query_params["runs"] == ",old"  # which keeps its colour
    page.checkbox(key="show/old").uncheck().run()
    assert "Tick a run" in text(page)


def test_the_link_chooses_runs_and_a_seventh_takes_the_place_of_the_first(submitted, made, open_train):
    for number in range(8):
        made(f"run{number}", created=number)
    page = open_train(runs="run0,run1,gone,run3,run4,run5,run6")
    ticked = [box.key for box in page.checkbox if box.value]
    assert sorted(ticked) == [f"show/run{number}" for number in (0, 1, 3, 4, 5)]
    page.checkbox(key="show/run6").check().run()
    page.checkbox(key="show/run7").check().run()
    assert page.query_params["runs"] == "run7,run1,run6,run3,run4,run5"


def test_runs_are_found_by_words_and_ordered_by_accuracy(submitted, made, open_train, labelled, text):
    for number in range(10):
        made(f"run{number}", "failed" if number == 3 else "finished", epochs=10 - number, created=number)
    page = open_train()
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


def test_a_waiting_run_tells_its_place_and_can_be_stopped(submitted, made, monkeypatch, open_train):
    stopped = []
    monkeypatch.setattr("app.answers.runs.queue_position", lambda run: 2)
    monkeypatch.setattr("app.answers.runs.stop", stopped.append)
    made("waits", "queued", 0)
    page = open_train()
    assert "Number 2 in the queue" in str(page.get("progress")[0].proto)
    assert page.button(key="Delete/waits").disabled
    page.button(key="Stop/waits").click().run()
    assert stopped == ["waits"]


def test_a_run_is_duplicated_with_changes(submitted, made, tiny_recipe, open_train):
    made("first")
    page = open_train()
    page.button(key="Duplicate/first").click().run()
    assert page.session_state["part"] == "New run"
    assert page.selectbox(key="recipe").value == "runs/first"
    page.number_input(key="recipe/runs/first/seed").set_value(7).run()
    page.button(key="start").click().run()
    assert [run.recipe for run in submitted] == [tiny_recipe.with_changes(seed=7)]


def test_deleting_asks_first_and_says_what_is_lost(submitted, made, open_train, text):
    made("first", epochs=2)
    page = open_train()
    page.button(key="Delete/first").click().run()
    assert "You lose 2 epochs of training and its model" in text(page)
    assert len(list_runs()) == 1


def test_a_damaged_run_does_not_break_the_page(submitted, made, open_train):
    made("broken").recipe_file.write_text("name: [")
    assert len(list_runs()) == 1
    assert "No run yet" in open_train("Runs").info[0].value


def test_the_star_is_on_the_epoch_whose_weights_are_kept(made):
    run = made("tied", epochs=0)
    for epoch, natural in enumerate((0.5, 0.7, 0.7), 1):
        run.append_metrics({"epoch": epoch, "natural": natural, "pgd": 0.4, "adaptive": 0.3, "constant": 0.1})
    assert runs.view("tied").best["epoch"] == 2


def test_catastrophic_overfitting_is_said_on_the_card(submitted, made, open_train):
    run = made("collapsed", epochs=0)
    for epoch, (fgsm, pgd) in enumerate(((0.5, 0.4), (0.8, 0.05)), 1):
        found = {"natural": 0.9, "pgd": pgd, "adaptive": pgd, "fgsm": fgsm, "constant": 0.1, "loss": 1.0}
        run.append_metrics({"epoch": epoch, **found})
    page = open_train(runs="collapsed")
    assert any("Catastrophic overfitting in epoch 2" in warning.value for warning in page.warning)


def test_a_run_is_named_tagged_and_found_by_it(submitted, made, open_train, text):
    for number in range(8):
        made(f"run{number}", created=number)
    page = open_train(runs="run7")
    page.button(key="Name and note/run7").click().run()
    assert page.text_input(key="title/run7").value == ""
    page.text_input(key="title/run7").set_value("My best")
    page.text_input(key="tags/run7").set_value("for the talk, keep")
    page.text_area(key="note/run7").set_value("Half of the width.")
    page.button(key="save_labels/run7").click().run()
    assert not page.exception
    assert "My best" in text(page)
    assert "Half of the width." in [each.value for each in page.get("text")]
    page.text_input(key="find_run").set_value("talk").run()
    assert [box.key for box in page.checkbox] == ["show/run7"]
