import pytest

MODEL = "Tiny with attention · tiny-ra"


@pytest.fixture
def negatives(open_page):
    return open_page("negatives", model=MODEL, batch="24")


def texts(at) -> str:
    return " ".join(element.value for element in [*at.markdown, *at.caption])


def test_shows_the_four_strategies_with_their_rules(negatives):
    assert not negatives.exception
    assert not negatives.error
    for title in ("Random", "Soft-LS", "Hard-LS", "Targeted attack"):
        assert f"**{title}**" in texts(negatives)
    assert "h(OE) = h(ne)" in texts(negatives)
    assert texts(negatives).count("**Anchor**") == 8


def test_a_batch_of_one_class_has_no_negatives(negatives):
    negatives.number_input(key="batch").set_value(2).run()
    assert not negatives.error
    assert not negatives.exception


def test_the_last_page_is_still_there_after_the_batch_shrank(negatives):
    negatives.session_state["anchor_page"] = 3
    negatives.run()
    negatives.number_input(key="batch").set_value(4).run()
    assert not negatives.exception
    assert not negatives.error
    assert texts(negatives).count("**Anchor**") == 4


def test_only_anchors_with_a_candidate(negatives):
    negatives.segmented_control(key="anchors").set_value("Hard-LS finds one").run()
    assert not negatives.exception
    assert not negatives.error
    assert negatives.info or "**Anchor**" in texts(negatives)
