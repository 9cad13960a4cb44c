"""The Mechanism tab in a real browser: what moves without the server, and what asks it."""

import pytest


@pytest.fixture
def open_negatives(open_browser):
    def opened(query: str = "model=Tiny+plain+·+tiny-plain&batch=32", **window):
        page = open_browser(f"negatives?{query}", **window)
        page.wait_for_selector(".mechanism .board", timeout=60_000)
        return page

    return opened


def count_messages(page) -> None:
    """Counts what the browser sends to the server from now on, in ``window.sent``."""
    page.evaluate(
        """() => { window.sent = 0; const send = WebSocket.prototype.send
        WebSocket.prototype.send = function (...all) { window.sent++; return send.apply(this, all) } }"""
    )


def where(page) -> str:
    return page.locator(".mechanism .bar > output").inner_text()


def test_the_strategies_stand_side_by_side_on_a_wide_screen_and_stack_on_a_phone(open_negatives):
    for width, alike in ((1440, True), (390, False)):
        page = open_negatives(width=width)
        boxes = [each.bounding_box() for each in page.locator(".mechanism .column").all()]
        assert len(boxes) == 4
        assert (len({round(box["y"]) for box in boxes}) == 1) == alike
        assert max(box["x"] + box["width"] for box in boxes) <= width


def test_alpha_moves_the_arrows_without_the_server(open_negatives):
    page = open_negatives()
    slider = page.get_by_label("alpha", exact=True)
    count_messages(page)
    slider.fill("1")
    assert "the anchor stays put" in page.locator(".alpha p").inner_text()
    at_one = page.locator(".force").first.inner_text()
    slider.fill("0.25")
    assert "25 % of the force on the negative, 75 % on the anchor" in page.locator(".alpha p").inner_text()
    assert page.locator(".force").first.inner_text() != at_one or "No force" in at_one
    assert page.evaluate("window.sent") == 0


def test_one_key_leads_to_the_next_anchor_and_back(open_negatives, settled):
    page = open_negatives()
    first, picture = where(page), page.locator(".anchor img").get_attribute("src")
    assert first.startswith("Anchor 1 of 32")
    page.keyboard.press("n")
    assert where(page) == first  # A key is the widget's own only while it has the focus.
    page.get_by_role("button", name="Next anchor").focus()
    page.keyboard.press("n")
    page.wait_for_function("new URL(location).searchParams.has('anchor')")
    settled(page)
    assert where(page).startswith("Anchor 2 of 32")
    spoken = page.locator(".mechanism > .live[aria-live=polite]").inner_text()
    assert spoken.startswith("Anchor 2 of 32 is ")
    assert page.locator(".anchor p").first.inner_text() in spoken
    assert page.locator(".anchor img").get_attribute("src") != picture
    link = page.url.split("negatives?")[1]
    assert where(open_negatives(link)) == where(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("!new URL(location).searchParams.has('anchor')")
    settled(page)
    assert where(page) == first


def test_a_key_pressed_in_a_field_is_left_to_the_field(open_negatives, settled):
    page = open_negatives()
    page.get_by_label("Seed").click()
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert where(page).startswith("Anchor 1 of 32")


def test_the_attack_steps_and_an_image_says_why_it_is_dimmed(open_negatives):
    page = open_negatives()
    count_messages(page)
    page.get_by_label("Step of the attack on the negative of Targeted attack").fill("0")
    says = page.locator(".steps p")
    assert "Before the attack the model calls it" in says.inner_text()
    assert says.get_attribute("aria-live") == "off"  # the slider has said it
    page.get_by_role("button", name="One step on").click()
    assert "At its start the model calls it" in says.inner_text()
    assert says.get_attribute("aria-live") == "polite"
    sheet = page.locator(".sheet").nth(2)
    before = sheet.inner_text()
    sheet.locator("canvas").hover(position={"x": 5, "y": 5})
    assert sheet.inner_text() != before
    sheet.locator("canvas").focus()
    page.keyboard.press("ArrowRight")
    assert sheet.inner_text() == "This is the anchor."
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert sheet.inner_text() != before
    assert where(page).startswith("Anchor 1 of 32")
    page.get_by_role("button", name="One step of the weights").click()
    assert "Weights are shared" in page.locator(".mapped").inner_text()
    assert page.evaluate("window.sent") == 0


def test_the_answers_of_a_model_with_attention_can_be_switched(open_negatives):
    page = open_negatives("model=Tiny+with+attention+·+tiny-ra&batch=32", scheme="dark")
    page.get_by_role("button", name="p', the final answer").click()
    assert "given the true label" in page.locator(".heads").inner_text()
