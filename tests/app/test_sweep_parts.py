"""The Outcome and the Figures 3 and 4 tabs, and the form that starts a sweep; nothing is trained here."""

from concurrent.futures import Future

import pytest

from ancra.jobs.status import RunStatus, ShareStatus
from ancra.runs.run import Run
from ancra.sweeps import job
from ancra.sweeps.files import write_outcome
from ancra.sweeps.plan import load_plan
from ancra.sweeps.sweep import Sweep
from app.answers.estimates import Measured

FIGURES, OUTCOME = "Figures 3 and 4", "Outcome"
ALPHA, STRATEGY = "objective.contrast.alpha", "negatives.strategy"
LEVEL = {"natural": 0.95, "pgd": 0.85, "adaptive": 0.6, "worst": 0.5}


def noisy(values, seed, measure):
    return LEVEL[measure] + 0.01 * ((seed * 7 + len(str(values)) * 3) % 4)


@pytest.fixture
def none_shipped(monkeypatch, tmp_path):
    monkeypatch.setattr("ancra.sweeps.outcomes.shipped_checkpoints", lambda: tmp_path)


@pytest.fixture
def shipped(make_outcome, none_shipped, tmp_path):
    """Writes a made-up outcome of a named sweep among the shipped ones."""

    def ship(name):
        plan = load_plan(name)
        outcome = make_outcome(plan.recipe, plan.vary, noisy).model_copy(update={"plan": plan})
        write_outcome(outcome, tmp_path / "results" / "sweeps", name)
        return outcome

    return ship


@pytest.fixture
def started(monkeypatch, workspace):
    """Sweeps that the page asked to start; no process is started."""
    sweeps = []
    monkeypatch.setattr(job, "_launch", lambda sweep, launcher: sweeps.append((sweep, launcher)))
    return sweeps


def texts(at) -> str:
    return " ".join(element.value for element in [*at.markdown, *at.caption, *at.info, *at.error])


def labelled(widgets, label):
    return next(widget for widget in widgets if widget.label == label)


def own_sweep(at, recipe="digits-trades-ancra"):
    labelled(at.selectbox, "New sweep").set_value("A recipe of my choice").run()
    labelled(at.selectbox, "Recipe").set_value(recipe).run()


@pytest.mark.parametrize("tab", [OUTCOME, FIGURES])
def test_without_a_sweep_the_tab_says_what_to_do(open_page, none_shipped, tab):
    at = open_page("negatives", tab=tab)
    assert not at.exception
    assert not at.error
    assert "start one below" in texts(at)
    assert "A sweep you start appears here" in texts(at)


def test_strategies_side_by_side(open_page, shipped):
    shipped("table2-digits")
    at = open_page("negatives", tab=OUTCOME)
    assert not at.exception
    assert not at.error
    assert "Nothing here can be ranked" in texts(at)
    assert "Inside the noise means" in texts(at)
    table = at.dataframe[0].value
    assert list(table[""]) == ["Random", "Soft-LS", "Hard-LS", "Targeted attack"]
    assert "±" in table["worst case"][0]


def test_figure_3_beside_the_paper(open_page, shipped):
    shipped("figure3-digits")
    at = open_page("negatives", tab=FIGURES)
    assert not at.exception
    assert not at.error
    assert "Clean accuracy rises with alpha." in texts(at)
    assert "trade-off" in texts(at)
    assert "points from alpha 0 to 1" in texts(at)


def test_one_run_from_a_link(open_page, shipped):
    shipped("figure3-digits")
    at = open_page("negatives", tab=FIGURES, figure_run="alpha 0.5, seed 1")
    assert not at.exception
    assert [metric.label for metric in at.metric] == ["Natural", "PGD-40", "Adaptive PGD-40", "Worst case"]
    commands = [code.value for code in at.code]
    assert any(
        text.startswith("ancra train digits-trades-ancra --set objective.contrast.alpha=0.5") for text in commands
    )


def test_two_settings_of_ones_own(open_page, none_shipped, make_outcome, home, tiny_recipe):
    vary = {ALPHA: (0.0, 1.0), "objective.contrast.zeta": (1, 3), "epochs": (5, 6)}
    outcome = make_outcome(tiny_recipe, vary, noisy, seeds=2, name="mine")
    sweep = Sweep.create(home / "sweeps" / "mine", outcome.plan)
    write_outcome(outcome, sweep.folder)
    sweep.write_status(ShareStatus(state="finished"))
    at = open_page("negatives", tab=FIGURES)
    assert not at.exception
    assert not at.error
    assert labelled(at.selectbox, "Sweep").options == ["Tried · mine"]
    assert labelled(at.selectbox, "With epochs").value == 5
    at.segmented_control(key="figure_kind").set_value("One curve").run()
    assert not at.exception
    assert "What is measured" in texts(at) or "The paper says" in texts(at)


def test_start_a_named_sweep(open_page, none_shipped, started):
    at = open_page("negatives", tab=FIGURES)
    labelled(at.number_input, "Seeds").set_value(1).run()
    assert "11 runs" in texts(at)
    assert any("ancra sweep" in code.value for code in at.code)
    at.button(key="start_sweep").click().run()
    assert not at.exception
    ((sweep, launcher),) = started
    assert (sweep.name, sweep.plan.seeds, launcher) == ("figure3-digits", 1, "local")
    assert "0 of 11 runs finished" in " ".join(bar.text for bar in at.get("progress"))


def test_start_a_recipe_with_two_settings(open_page, none_shipped, started):
    at = open_page("negatives", tab=FIGURES)
    own_sweep(at)
    labelled(at.text_input, "Its values").set_value("0:1:0.5").run()
    labelled(at.selectbox, "And, if you like").set_value("batch_size").run()
    labelled(at.text_input, "Values of the second").set_value("64, 128").run()
    labelled(at.text_area, "One a line").set_value("epochs=2").run()
    at.button(key="start_sweep").click().run()
    ((sweep, _),) = started
    assert sweep.plan.vary == {ALPHA: (0.0, 0.5, 1.0), "batch_size": (64, 128)}
    assert (sweep.plan.size, sweep.plan.recipe.epochs) == (18, 2)


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        ("contrast.alpha", "0:1;0.1", "a range is first:last:step"),
        ("contrast.alpha", "0, 1.5", "less than or equal to 1"),
        ("negatives.strategy", "random, soft_l", "did you mean 'soft_ls'"),
        ("contrast.alpha", "", "Say which values contrast.alpha takes"),
        ("contrast.alpha", "0:1:0.00001", "10,000 are the most"),
    ],
)
def test_bad_input_is_one_sentence_and_no_start(open_page, none_shipped, started, key, values, said):
    at = open_page("negatives", tab=FIGURES)
    own_sweep(at)
    labelled(at.selectbox, "What varies").set_value(key).run()
    labelled(at.text_input, "Its values").set_value(values).run()
    assert not at.exception
    assert len(at.error) == 1
    assert said in at.error[0].value
    assert at.button(key="start_sweep").disabled


def test_thousands_of_runs_are_asked_for_once_more(open_page, none_shipped, started, monkeypatch):
    half_a_minute = Future()
    half_a_minute.set_result(Measured(30.0, None, "cpu"))
    monkeypatch.setattr("app.answers.sweeps.begin_estimate", lambda plan: half_a_minute)
    at = open_page("negatives", tab=FIGURES)
    own_sweep(at)
    labelled(at.text_input, "Its values").set_value("0:1:0.0003").run()
    assert "10,002 runs" in texts(at)
    at.button(key="start_sweep").click().run()
    assert not at.exception
    assert started == []
    assert "10,002 runs of about 30 s each: about 83 h 21 min, one after another." in texts(at)
    assert any(button.key == "start_many" for button in at.button)


def test_a_stopped_sweep_with_a_failed_run_can_go_on(open_page, none_shipped, started, home, tiny_recipe):
    plan = load_plan("figure4-digits")
    sweep = Sweep.create(home / "sweeps" / plan.name, plan)
    sweep.write_status(ShareStatus(state="cancelled", message="Stopped; the same command goes on."))
    run = Run.create(sweep.run(sweep.cells[0]).folder, sweep.cells[0].recipe)
    run.write_status(RunStatus(state="failed", message="The disk is full."))
    at = open_page("negatives", tab=FIGURES)
    assert not at.exception
    assert f"{sweep.cells[0].name}: The disk is full." in texts(at)
    at.button(key=f"go_on/{plan.name}").click().run()
    assert [each.name for each, _ in started] == [plan.name]
