"""A question stands whatever makes its page run anew, until it is answered, closed, or its page is left."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    """Runs inside AppTest."""
    import streamlit as st

    from app.parts.asking import answered, ask, question, stand

    @question("Sure?")
    def sure(name: str) -> None:
        st.text_input(f"Why {name}?", key="why")
        if st.button("Yes", key="yes"):
            answered()

    stand({} if st.session_state.get("elsewhere") else {"sure": sure})
    if st.button("Delete", key="delete"):
        ask("sure", "this")
        st.rerun()
    st.button("Something else", key="else")


def asked(at: AppTest) -> bool:
    return any(field.key == "why" for field in at.text_input)


def test_it_stands_while_the_page_runs_anew_and_keeps_what_is_typed():
    at = AppTest.from_function(page).run()
    at.button(key="delete").click().run()
    assert asked(at)
    at.text_input(key="why").set_value("because")
    at.run().button(key="else").click().run()
    assert at.text_input(key="why").value == "because"
    at.button(key="yes").click().run()
    assert not asked(at)
    assert not asked(at.run())


def test_it_is_gone_where_its_page_is_left():
    at = AppTest.from_function(page).run()
    at.button(key="delete").click().run()
    at.session_state["elsewhere"] = True
    assert not asked(at.run())
    at.session_state["elsewhere"] = False
    assert not asked(at.run())
