"""Presses that reach what they begin."""

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import app
from app.parts import press


def counting() -> None:
    """Runs inside AppTest: a run that is asked for cuts in before the button is drawn."""
    import streamlit as st

    from app.parts.press import pressed

    if st.session_state.pop("cut_in", False):
        st.rerun()
    st.session_state["pressed"] = st.session_state.get("pressed", 0) + pressed("Go", key="go")


@pytest.mark.parametrize("cut_in", [False, True])
def test_a_press_counts_once_whatever_cuts_in(cut_in):
    page = AppTest.from_function(counting).run()
    page.session_state["cut_in"] = cut_in
    page.button(key="go").click().run()
    assert page.session_state["pressed"] == 1
    assert page.run().session_state["pressed"] == 1


def test_a_press_that_got_nowhere_in_time_is_forgotten(monkeypatch):
    page = AppTest.from_function(counting).run()
    page.session_state["cut_in"] = True
    monkeypatch.setattr(press, "LASTS", -1.0)
    page.button(key="go").click().run()
    assert page.session_state["pressed"] == 0


def test_no_button_of_the_app_is_asked_what_only_one_run_knows():
    asked = []
    for path in Path(app.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        asked += [
            f"{path.name}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".button") and id(node) not in alone
        ]
    assert asked == []
