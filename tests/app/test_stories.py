import pytest

from ancra.trust.report import Verdict
from app.answers import robustness
from app.parts.robustness.story import robustness_story


def said(at) -> str:
    return " ".join(each.value for each in at.markdown)


@pytest.mark.parametrize(
    ("page", "key", "tabs", "sentences"),
    [
        ("robustness", "robust_story", None, ("It looks robust", "Only the worst case", "have known", "can be quoted")),
        ("negatives", "negative_story", "tab", ("Each column", "divides the force", "anecdote", "is noise")),
        ("train", "train_story", "part", ("decides all", "Beside the settings", "No run yet", "No run yet")),
    ],
)
def test_next_walks_the_story_and_reset_puts_the_page_back(open_page, page, key, tabs, sentences):
    at = open_page(page)
    first = at.session_state[tabs] if tabs else None
    for sentence in sentences[:-1]:
        assert sentence in said(at)
        at.button(key="story_next").click().run()
        assert not at.exception
        assert not at.error
    assert sentences[-1] in said(at)
    assert at.button(key="story_next").disabled
    at.button(key="story_back").click().run()
    assert sentences[-2] in said(at)
    at.button(key="story_reset").click().run()
    assert sentences[0] in said(at)
    assert at.segmented_control(key=key).value.startswith("1 ")
    assert (at.session_state[tabs] if tabs else None) == first


def test_a_step_that_was_set_stays_set_where_the_browser_has_not_been_shown_it_yet(open_page):
    at = open_page("negatives")
    steps = at.segmented_control(key="negative_story")
    first = steps.value
    at.button(key="story_next").click().run()
    second = at.segmented_control(key="negative_story").value
    assert second != first
    at.session_state["negative_story_shown"] = first  # as if the run that showed the second had been cut short
    at.segmented_control(key="negative_story").set_value(first).run()
    assert at.segmented_control(key="negative_story").value == second
    at.segmented_control(key="negative_story").set_value(first).run()
    assert at.segmented_control(key="negative_story").value == first


def test_a_step_says_when_what_it_set_was_changed_and_sets_it_again(open_page):
    at = open_page("attack", attacked=["Tiny with attention · tiny-ra"])
    at.button(key="story_next").click().run()
    at.selectbox(key="attack").select("PGD-10").run()
    assert "**2 Aim elsewhere** speaks of was changed since" in said(at)
    at.button(key="story_again").click().run()
    assert at.selectbox(key="attack").value == "PGD-40"
    assert "was changed since" not in said(at)


def test_a_person_who_goes_on_by_hand_is_at_the_step_that_the_page_shows(open_page):
    at = open_page("negatives", tab="Population")
    assert at.segmented_control(key="negative_story").value == "3 Over a batch"
    at = open_page("negatives", tab="Figures 3 and 4")
    assert at.segmented_control(key="negative_story").value is None
    assert "Next** begins the story" in said(at)


def test_the_story_of_robustness_takes_its_models_from_the_numbers():
    names = ["digits/natural-ra", "digits/pgd-at", "digits/trades-ancra", "digits/trades", "digits/natural"]
    told = robustness_story([robustness.results(name) for name in names])
    assert told is not None
    assert (told.hero.name, told.base.name, told.held.name) == ("digits/trades-ancra", "digits/trades", "digits/pgd-at")
    assert told.held.trust is not None
    assert told.held.trust.verdict is Verdict.BELIEVABLE
    assert robustness_story([robustness.results("digits/natural")]) is None
