"""The Live page: the attack runs in the browser, and everything on it follows the hand."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
ATTENTION, PLAIN = "Tiny with attention · tiny-ra", "Tiny plain · tiny-plain"


@pytest.fixture
def live(open_browser):
    """Opens the page with both tiny models; under reduced motion nothing is played before it is asked for."""

    def opened(width: int = 1440, motion: str = "reduce", **query: str):
        address = urlencode({"attacked": [ATTENTION, PLAIN], **query}, doseq=True)
        page = open_browser(f"live?{address}", width=width, motion=motion)
        # The first network is exported by torch, whose compiler takes its time to load.
        page.locator(".live-stage .column").nth(1).wait_for(timeout=180_000)
        return page

    return opened


def press(page, name: str, times: int = 1) -> None:
    for _ in range(times):
        page.get_by_role("button", name=name).click()


def pixels(locator) -> list[int]:
    """What a canvas shows."""
    return locator.evaluate(
        "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    )


def test_it_plays_by_itself_and_rests_after_forty_steps(live):
    page = live(motion="no-preference")
    expect(page.locator(".where")).to_have_text("Step 40", timeout=60_000)
    expect(page.get_by_role("button", name="Play or pause (space)")).to_contain_text("Play")


def test_steps_go_on_and_back_and_the_server_is_asked_for_nothing(live, settled):
    page = live()
    settled(page)
    expect(page.locator(".where")).to_have_text("Step 0")
    natural = pixels(page.locator(".column canvas").first)
    page.evaluate("performance.clearResourceTimings()")
    for number in (1, 2, 3):
        press(page, "One step on (right)")
        expect(page.locator(".where")).to_have_text(f"Step {number}")
    assert pixels(page.locator(".column canvas").first) != natural
    press(page, "One step back (left)", 3)
    expect(page.locator(".where")).to_have_text("Step 0")
    assert pixels(page.locator(".column canvas").first) == natural
    asked = "performance.getEntriesByType('resource').filter(each => each.name.includes('live-networks')).length"
    assert page.evaluate(asked) == 0


def test_epsilon_bounds_the_change_at_once_and_stands_in_the_link(live, settled):
    page = live()
    press(page, "One step on (right)")
    expect(page.locator(".where")).to_have_text("Step 1")
    slider = page.get_by_label("Epsilon: how far a pixel may move")
    slider.focus()
    slider.press("Home")
    expect(page.locator(".epsilon output")).to_have_text("0")
    expect(page.locator(".column figcaption").nth(1)).to_have_text("nothing may change")
    sheet, seen = page.locator("canvas.paper"), page.locator(".column canvas").first
    assert pixels(sheet) == pixels(seen)
    slider.press("End")
    expect(page.locator(".epsilon output")).to_have_text("0.6")
    page.wait_for_url("**epsilon=0.6**")
    settled(page)


def test_a_pressed_answer_is_where_the_image_is_driven(live):
    page = live()
    answer = page.locator(".column").first.locator(".answer").nth(4)
    answer.click()
    expect(answer).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("towards", exact=True)).to_have_value("4")
    before = answer.locator("i").evaluate("bar => parseFloat(bar.style.width)")
    for number in range(1, 9):
        press(page, "One step on (right)")
        expect(page.locator(".where")).to_have_text(f"Step {number}")
    after = answer.locator("i").evaluate("bar => parseFloat(bar.style.width)")
    assert after > before
    answer.click()
    expect(answer).to_have_attribute("aria-pressed", "false")


def test_a_pen_draws_on_the_image_and_the_answers_follow(live):
    page = live()
    press(page, "Empty")
    sheet, seen = page.locator("canvas.paper"), page.locator(".column canvas").first
    expect(page.locator(".where")).to_have_text("Step 0")
    box = sheet.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.8, steps=8)
    page.mouse.up()
    assert max(pixels(sheet)[::4]) > 200
    page.wait_for_function(
        "([a, b]) => a.toDataURL() === b.toDataURL()", arg=[sheet.element_handle(), seen.element_handle()]
    )
    press(page, "Back to the image as it was chosen")
    page.wait_for_function(
        "canvas => canvas.getContext('2d').getImageData(0, 0, 8, 8).data.every((v, i) => i % 4 === 3 || v === 0)",
        arg=sheet.element_handle(),
    )


def test_the_server_judges_what_was_found_in_full_precision(live, settled):
    page = live()
    press(page, "One step on (right)")
    expect(page.locator(".where")).to_have_text("Step 1")
    answers = [page.locator(".said b").nth(index).inner_text() for index in range(2)]
    press(page, "Ask the server for its verdict")
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("The server's verdict", timeout=60_000)
    for answer in answers:
        expect(verdict).to_contain_text(f"says {answer},")


def test_on_a_phone_the_pictures_come_first_and_the_controls_stay(live, settled):
    page = live(width=390)
    settled(page)
    for part in (".column canvas >> nth=0", ".column canvas >> nth=3", ".row.time .play", ".row.size input"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.99)


def test_a_file_that_is_no_picture_is_said_and_nothing_is_lost(live):
    page = live()
    before = pixels(page.locator("canvas.paper"))
    page.get_by_label("A picture of your own").set_input_files(
        {"name": "words.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    expect(page.locator(".shelf [role=status]")).to_contain_text("words.png is no picture")
    assert pixels(page.locator("canvas.paper")) == before


def test_a_network_that_cannot_be_loaded_is_one_sentence(browser, server):
    page = browser.new_page()
    page.route("**/live-networks/**", lambda route: route.fulfill(body=b"damaged", status=200))
    page.goto(f"{server}/live?images=Digits")
    said = page.locator(".live-stage .status")
    said.wait_for(timeout=180_000)
    expect(said).not_to_contain_text("Loading", timeout=180_000)
    assert said.inner_text().endswith(".")
    assert "\n" not in said.inner_text()
    page.close()


def test_the_loss_around_the_image_is_drawn_and_forgotten_when_epsilon_changes(live):
    page = live()
    press(page, "One step on (right)")
    expect(page.locator(".where")).to_have_text("Step 1")
    press(page, "Draw the loss surface")
    ground = page.locator(".surfaces canvas")
    expect(ground.first).to_be_visible()
    expect(page.locator(".surface figcaption").last).to_contain_text("for all of them")
    seen = pixels(ground.nth(0)) + pixels(ground.nth(1))  # on one scale: one of them alone may be flat
    assert len({tuple(seen[i : i + 3]) for i in range(0, len(seen), 4)}) > 1
    slider = page.get_by_label("Epsilon: how far a pixel may move")
    slider.focus()
    slider.press("Home")
    expect(ground.first).to_be_hidden()


def test_in_l2_the_slider_reaches_as_far_as_in_linf(live):
    page = live()
    slider = page.get_by_label("Epsilon: how far a pixel may move")
    share = "input => (input.value - input.min) / (input.max - input.min)"
    before = slider.evaluate(share)
    page.get_by_label("Norm").select_option("l2")
    expect(page.locator(".epsilon output")).to_have_text("0.48")
    assert abs(slider.evaluate(share) - before) < 0.02


def test_beside_a_negative_similarity_and_forces_follow_the_attack(live):
    page = live()
    page.get_by_role("button", name="Beside a negative").click()
    pair = page.locator(".pairs section").first
    expect(pair.locator(".meter")).to_be_visible()
    expect(page.get_by_label("Which answer is compared").locator("option")).to_have_count(3)
    page.get_by_label("How the negative is picked").select_option("targeted_attack")
    expect(pair).to_contain_text("The negative under attack is")
    other = pair.locator(".force image").nth(1)
    before = other.get_attribute("href")
    press(page, "One step on (right)")
    expect(page.locator(".where")).to_have_text("Step 1")
    expect(other).not_to_have_attribute("href", before)
    press(page, "One step back (left)")
    expect(other).to_have_attribute("href", before)
    page.get_by_label("How the negative is picked").select_option(label="By hand: 7")
    expect(pair).to_contain_text("The negative is a 7")


# Keeps what the page sends the server while `late` is true, to be let go afterwards.
LATE = """
window.late = false
window.kept = []
const send = WebSocket.prototype.send
WebSocket.prototype.send = function (message) {
  if (window.late) window.kept.push(() => send.call(this, message))
  else send.call(this, message)
}
"""


def test_a_view_told_while_a_step_of_the_story_is_being_set_leaves_the_step(live, settled):
    page = live()
    settled(page)
    page.add_init_script(LATE)
    page.reload()
    page.locator(".live-stage .column").nth(1).wait_for(timeout=180_000)
    settled(page)
    first = page.locator(".st-key-sentence").inner_text()
    page.evaluate("late = true")
    page.get_by_label("Epsilon: how far a pixel may move").press("Home")
    page.wait_for_function("kept.length > 0")
    page.evaluate("late = false")
    press(page, "Next")
    page.evaluate("kept.forEach(go => go())")
    page.wait_for_url("**epsilon=0&**")
    settled(page)
    assert "live_story=2" in page.url
    expect(page.locator(".st-key-sentence")).not_to_have_text(first)
    expect(page.locator(".column").first.locator(".answer[aria-pressed=true]")).to_have_count(1)
    press(page, "Next")
    expect(page.get_by_role("radio", name="3 How small?")).to_be_checked()
