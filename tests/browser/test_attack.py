import re
from urllib.parse import urlencode

import pytest
from PIL import Image
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

pytestmark = pytest.mark.browser
ATTENTION, PLAIN = "Tiny with attention · tiny-ra", "Tiny plain · tiny-plain"

COUNT_MESSAGES = """() => {
  window.sent = 0
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (...args) { window.sent += 1; return send.apply(this, args) }
}"""

# Keeps what an element says from now on in ``window.spoken``.
SPOKEN = """element => {
  window.spoken = []
  const keep = () => window.spoken.push(element.textContent)
  new MutationObserver(keep).observe(element, { childList: true })
}"""


@pytest.fixture
def attack(open_browser, settled):
    """Opens the Attack page with both tiny models."""

    def opened(width: int = 1440, motion: str = "no-preference", **query: str):
        address = urlencode({"attacked": [ATTENTION, PLAIN], **query}, doseq=True)
        page = open_browser(f"attack?{address}", width=width, motion=motion)
        page.wait_for_selector(".replay .model", timeout=60_000)
        settled(page)
        return page

    return opened


def step(page) -> str:
    return page.locator(".replay output").inner_text()


def test_one_click_on_the_sheet_attacks_an_image(attack, settled):
    page = attack()
    page.get_by_role("option", name="Test image 7:").click()
    page.wait_for_url("**image=7**")
    settled(page)
    assert page.get_by_role("option", name="Test image 7:").get_attribute("aria-selected") == "true"


def test_plays_to_the_end_and_stops_there(attack, held):
    page = attack(attack="PGD-20")
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector("text=/Step ([3-9]|1\\d) of 20/")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_url("**step=**")
    paused = step(page)
    assert paused != "Step 20 of 20"
    held(page.locator(".replay output"), f"element.innerText === {paused!r}")
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector("text=Step 20 of 20")
    page.wait_for_url(lambda address: "step=" not in address)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_step_is_read_aloud_once_it_is_reached_and_not_while_it_plays(attack, held):
    page = attack(attack="PGD-20")
    live = page.locator(".replay .live[aria-live=polite]")
    expect(live).to_contain_text("Step 20 of 20. Tiny with attention")
    page.evaluate(SPOKEN, live.element_handle())
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector("text=/Step [5-9] of 20/")
    page.get_by_role("button", name="Pause").click()
    expect(live).not_to_contain_text("Step 20")
    held(live, "element.textContent.includes('of 20. ')")
    assert page.evaluate("window.spoken") == [live.inner_text()]
    page.locator(".replay").focus()
    page.keyboard.press("Home")
    expect(live).to_contain_text("Step 0 of 20")


def test_under_reduced_motion_play_goes_straight_to_the_other_end(attack, held):
    page = attack(attack="PGD-20", motion="reduce")
    page.evaluate(SPOKEN, page.locator(".replay output").element_handle())
    play = page.get_by_role("button", name="Play")
    play.click()
    page.wait_for_selector("text=Step 0 of 20")
    play.click()
    page.wait_for_selector("text=Step 20 of 20")
    held(page, "window.spoken.length === 2")
    assert page.evaluate("window.spoken") == ["Step 0 of 20", "Step 20 of 20"]


def test_a_late_answer_of_the_server_does_not_take_the_step_back(deaf, settled):
    page, let_go, held = deaf(f"attack?{urlencode({'attacked': [ATTENTION, PLAIN], 'attack': 'PGD-20'}, doseq=True)}")
    live = page.locator(".replay .live[aria-live=polite]")
    page.locator(".replay").focus()
    for key, reached in (("Home", 0), ("End", 20)):
        runs = runs_ended(held)
        page.keyboard.press(key)
        expect(live).to_contain_text(f"Step {reached} of 20")  # Now the server is told, too.
        for _ in range(1000):
            if runs_ended(held) > runs:
                break
            page.wait_for_timeout(20)
        assert runs_ended(held) > runs
    page.evaluate(SPOKEN, page.locator(".replay output").element_handle())
    let_go()
    settled(page)
    assert page.evaluate("window.spoken") == []


def runs_ended(held):
    """How many runs of the page have ended, by the server's messages that are held."""
    return sum(ForwardMsg.FromString(message).WhichOneof("type") == "script_finished" for _, message in held)


def test_steps_by_keyboard_and_the_link_keeps_the_step(attack):
    page = attack(image="3")
    assert step(page) == "Step 40 of 40"
    page.locator(".replay").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("text=After step 38")
    page.wait_for_url("**step=38**")
    page.reload()
    page.wait_for_selector("text=After step 38", timeout=60_000)
    slider = page.get_by_role("slider", name="Step of the attack")
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_selector("text=After step 0")


def test_playing_asks_the_server_nothing_and_moves_nothing_else(attack):
    page = attack(step="0")
    page.evaluate(COUNT_MESSAGES)
    main = page.locator("[data-testid=stMain]")
    height = main.evaluate("element => element.scrollHeight")
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector("text=/Step 2\\d of 40/")
    assert page.evaluate("window.sent") == 0
    assert abs(main.evaluate("element => element.scrollHeight") - height) <= 40


def test_pictures_are_large_and_not_blurred(attack):
    page = attack()
    for name in ("The natural image", f"The attacked image, {ATTENTION}", "The perturbation, magnified"):
        picture = page.get_by_role("img", name=name).first
        assert picture.evaluate("canvas => canvas.clientWidth") >= 140
        assert picture.evaluate("canvas => canvas.width") == 8
        assert picture.evaluate("canvas => getComputedStyle(canvas).imageRendering") == "pixelated"


def test_the_perturbation_is_magnified_by_a_switch_which_stays_at_another_epsilon(attack, settled):
    page = attack()
    caption = page.locator(".replay figcaption", has_text="Perturbation").first
    expect(caption).to_contain_text("× 2:")
    page.get_by_role("button", name="Magnify").click()
    expect(caption).to_contain_text("× 5:")
    thumb = page.locator(".st-key-epsilon input")
    thumb.focus()
    thumb.press("ArrowLeft")
    expect(caption).to_contain_text("× 6.67:", timeout=60_000)
    page.get_by_role("button", name="Magnify").click()
    expect(caption).to_contain_text("× 2:")


@pytest.mark.parametrize(("width", "beside"), [(1440, True), (390, False)])
def test_models_stand_side_by_side_or_below_each_other(attack, width, beside):
    page = attack(width=width)
    first, second = (page.locator(".replay .model").nth(index).bounding_box() for index in (0, 1))
    assert (abs(first["y"] - second["y"]) < 3) is beside
    assert page.locator("[data-testid=stMain]").evaluate("e => e.scrollWidth - e.clientWidth") <= 1


def test_the_path_leads_to_the_loss_surface(attack, held):
    page = attack()
    page.get_by_text("3 See why").click()
    page.locator(".st-key-deeper .js-plotly-plot").first.wait_for(timeout=60_000)
    page.wait_for_url("**look=Loss+surface**")
    story = page.get_by_text("Below is the loss on a line through the image")
    held(page.locator(".st-key-deeper"), "element.getBoundingClientRect().top < innerHeight")
    box = story.bounding_box()
    assert 0 <= box["y"] < box["y"] + box["height"] <= 900  # the sentence has not scrolled away


def test_the_trace_can_be_downloaded(attack, tmp_path):
    from ancra.attacks.trace import AttackTrace

    page = attack(attack="FGSM")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Trace (NPZ)").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "tiny-with-attention-tiny-ra-test-image-0-trace.npz"
    assert AttackTrace.load(path).images.shape == (2, 1, 1, 8, 8)


def test_the_number_of_the_image_is_not_cut_off(open_browser):
    page = open_browser("attack")
    fits = "element => element.closest('[data-testid=stHorizontalBlock]').scrollWidth <= "
    fits += "element.closest('[data-testid=stHorizontalBlock]').clientWidth"
    assert page.locator(".st-key-image").evaluate(fits)


def test_a_photograph_is_framed_by_hand_by_keys_and_taken_back(attack, settled, tmp_path):
    page = attack()
    page.locator(".st-key-source").get_by_text("Upload", exact=True).click()
    file = tmp_path / "wide.png"
    Image.linear_gradient("L").resize((300, 100)).save(file)
    page.locator("input[type=file]").first.set_input_files(file)
    frame = page.locator(".crop .frame")
    frame.wait_for(timeout=60_000)
    settled(page)
    box = frame.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 20, steps=5)
    page.mouse.up()
    page.wait_for_url("**own_across=100**")
    settled(page)
    frame.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.wait_for_url("**own_zoom=1.2**")
    settled(page)
    expect(frame).to_have_attribute("aria-label", re.compile("^What the models see of it: 1.2 times"))
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(lambda address: "own_zoom" not in address)
    expect(frame).to_have_attribute("aria-label", re.compile("1.0 times, 100 % from the left"))
    settled(page)
    other = tmp_path / "high.png"
    Image.linear_gradient("L").resize((100, 300)).save(other)
    page.locator("input[type=file]").first.set_input_files(other)
    page.wait_for_url(lambda address: "own_" not in address)
    expect(frame).to_have_attribute("aria-label", re.compile("1.0 times, 50 % from the left"))
