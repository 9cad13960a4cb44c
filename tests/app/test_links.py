"""What a link asked for and is not there is said, instead of a silent default; and what is written into a link."""

import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest


def said(at):
    return [warning.value for warning in at.warning if "The link asks for" in warning.value]


def test_a_model_that_is_not_here_is_said_until_another_is_chosen(open_page):
    at = open_page("robustness", models="Nope *bold*")
    assert not at.exception
    (sentence,) = said(at)
    assert "the model Nope \\*bold\\*, which is not here" in sentence
    assert said(at.run()) == [sentence]
    at.multiselect(key="models").set_value(at.multiselect(key="models").value[:1])
    assert said(at.run()) == []


def test_an_image_and_an_epsilon_that_are_not_here_are_said(open_page):
    at = open_page("attack", image="99999", epsilon="7")
    assert not at.exception
    both = " ".join(said(at))
    assert "test image 99999, which is not here" in both
    assert "the epsilon 7, which is not here" in both


@pytest.mark.parametrize("query", [{}, {"epsilon": "0.2", "image": "3", "attacked": ["Tiny plain · tiny-plain"]}])
def test_what_is_here_needs_no_word(open_page, query):
    at = open_page("attack", **query)
    assert not at.exception
    assert said(at) == []


def test_a_choice_is_written_into_the_link_only_where_it_changes(monkeypatch):
    def script():
        import streamlit as st

        from app import state

        for name, value in st.session_state["choices"].items():
            state.put_into_link(name, value)

    sent = []
    monkeypatch.setattr(
        QueryParams, "_send_query_param_msg", lambda held: sent.append({name: held.get_all(name) for name in held})
    )
    at = AppTest.from_function(script)
    at.session_state["choices"] = {"runs": "a,b", "set": ["x=1", "y=2"], "step": None}
    at.query_params["runs"], at.query_params["set"] = "a,b", ["x=1", "y=2"]
    at.run()
    assert not at.exception
    assert not sent
    at.session_state["choices"] = {"runs": "b", "set": ["x=1"]}
    at.run()
    assert sent == [{"runs": ["b"], "set": ["x=1", "y=2"]}, {"runs": ["b"], "set": ["x=1"]}]
    sent.clear()
    at.session_state["choices"] = {"set": []}
    at.run()
    assert sent == [{"runs": ["a,b"]}]
