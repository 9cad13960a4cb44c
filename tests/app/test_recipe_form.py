"""The form of a recipe, and what the command line makes of it."""

import pytest
from streamlit.testing.v1 import AppTest

from ancra.errors import AncraError
from ancra.recipe import load_recipe, recipe_names
from app.answers import estimates, recipes
from app.answers.estimates import Measured


def untouched_form(name: str) -> None:
    """Runs inside AppTest: draws the form and keeps the recipe that it gives."""
    import streamlit as st

    from ancra.recipe import load_recipe
    from app.parts.train.recipe_form import recipe_form

    st.session_state["given"] = recipe_form(name, load_recipe(name))[0].model_dump_json()


@pytest.mark.parametrize("name", [name for name in recipe_names() if "28" not in name and "100" not in name])
def test_an_untouched_form_gives_the_preset(name, workspace):
    page = AppTest.from_function(untouched_form, kwargs={"name": name}, default_timeout=60).run()
    assert not page.exception
    assert page.session_state["given"] == load_recipe(name).model_dump_json()


def test_recipes_by_the_papers_names():
    assert recipes.title("digits-trades-ancra") == "TRADES-ANCRA · digits"
    assert recipes.title("cifar10-wrn34-10-mart") == "MART · CIFAR-10, WRN-34-10"


def test_a_change_as_the_command_line_takes_it():
    base = load_recipe("digits-trades-ancra")
    changed = base.with_changes(
        seed=3,
        test_attacks=("worst",),
        device="auto",
        objective=base.objective.with_changes(contrast=None).model_dump(),
    )
    given = recipes.arguments(base, changed)
    assert given == ["objective.contrast=null", 'test_attacks=["worst"]', "device=auto", "seed=3"]
    assert recipes.with_arguments(base, given) == changed


@pytest.mark.parametrize(
    ("typed", "written"),
    [("attack.epsilon=8/255", "attack.epsilon=8/255"), ("attack.epsilon=0.12", "attack.epsilon=0.12")],
)
def test_a_change_of_epsilon_is_written_as_the_field_writes_it(typed, written):
    base = load_recipe("digits-trades-ancra")
    given = recipes.arguments(base, recipes.with_arguments(base, [typed]))
    assert given == [written]
    assert recipes.with_arguments(base, given).attack.epsilon == recipes.with_arguments(base, [typed]).attack.epsilon


class Answer:
    """What a process gave."""

    def __init__(self, code, out="", err=""):
        self.returncode, self.stdout, self.stderr = code, out, err


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(2, err="There is no folder /x: check data.root.\n"), "There is no folder /x"),
        (Answer(1, err="Traceback\nKeyError: 3\n"), "no estimate"),
        (Answer(0, out="nothing\n"), "no estimate"),
    ],
)
def test_what_the_command_line_says_is_what_the_page_says(monkeypatch, answer, message, tiny_recipe):
    monkeypatch.setattr(estimates.subprocess, "run", lambda *_, **__: answer)
    with pytest.raises(AncraError, match=message):
        estimates.measure(tiny_recipe)


def test_the_command_lines_estimate_is_read(monkeypatch, tiny_recipe):
    out = '{"seconds": 12.5, "memory_bytes": 1048576, "device": "cpu", "more": 1}\n'
    monkeypatch.setattr(estimates.subprocess, "run", lambda *_, **__: Answer(0, out))
    assert estimates.measure(tiny_recipe) == Measured(12.5, 2**20, "cpu")
