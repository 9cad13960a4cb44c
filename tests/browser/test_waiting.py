"""What a person has begun is said in its place before the server answers, and the place is held."""

import pytest
from playwright.sync_api import expect

from app.words.waiting import PLACES

pytestmark = pytest.mark.browser
PILL = ".ancra-waiting:not([hidden])"


def test_words_stand_in_the_place_of_the_result_which_keeps_its_height(deaf, settled):
    page, let_go, _ = deaf("attack")
    place = page.locator(".st-key-results")
    expect(page.locator(".replay .model")).not_to_have_count(0)
    before = place.bounding_box()["height"]
    page.locator(".st-key-epsilon input[type=range]").press("ArrowLeft")
    expect(page.locator(PILL)).to_contain_text("Attacking the models")
    said, held = page.locator(PILL).bounding_box(), place.bounding_box()
    assert held["x"] <= said["x"] <= held["x"] + held["width"]
    assert held["height"] >= before - 1
    let_go()
    expect(page.locator(PILL)).to_have_count(0, timeout=60_000)
    settled(page)
    assert page.locator("[data-waiting]").count() == 0


def test_a_page_is_not_laid_out_for_words_before_its_controls_have_answered(deaf):
    page, *_ = deaf("attack")
    slider = page.locator(".st-key-epsilon input[type=range]")
    slider.evaluate("""(element) => {
      const press = () => { window.held = document.querySelectorAll("[data-waiting]").length }
      element.addEventListener("keydown", press, { once: true })
    }""")
    slider.press("ArrowLeft")
    expect(page.locator(PILL)).to_contain_text("Attacking the models")
    assert page.evaluate("window.held") == 0
    expect(page.locator(".st-key-results[data-waiting]")).to_have_count(1)


def test_another_page_is_announced_by_its_name(deaf):
    page, *_ = deaf("robustness")
    page.get_by_role("link", name="Negatives").first.click()
    expect(page.locator(PILL)).to_contain_text("Opening Negatives")


def test_what_the_browser_does_by_itself_is_not_waited_for(deaf):
    page, *_ = deaf("")
    page.get_by_role("button", name="Next image").click()
    expect(page.locator(PILL)).to_have_count(0)


@pytest.mark.parametrize("name", ["attack", "feature_maps", "robustness", "negatives", "train"])
def test_the_places_are_on_their_pages(open_browser, name):
    page = open_browser(name)
    last = PLACES[name][-1].where
    page.locator(last).first.wait_for(timeout=60_000)
