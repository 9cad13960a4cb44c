"""The page of feature maps."""

import base64

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from ancra.origin import read_origin

pytestmark = pytest.mark.browser
MODELS = "Tiny+plain+·+tiny-plain&models=Tiny+with+attention+·+tiny-ra"
HEADING = "feature_maps?samples=200&models=" + MODELS


def test_the_way_of_an_image_is_drawn_and_told(open_browser, settled):
    page = open_maps(open_browser, "&selected=7")
    settled(page)
    page.get_by_text("Show its attack, step by step").click()
    page.wait_for_selector("text=The way of this image over the maps", timeout=180_000)
    settled(page)
    expect(page.locator(".fm-marks").get_by_text("Projected")).to_have_count(1)
    page.wait_for_function("location.search.includes('map_follow=true')")


def open_maps(open_browser, query="", **options):
    page = open_browser(HEADING + query, **options)
    page.wait_for_selector(".fm[data-ready]", timeout=120_000)
    return page


def test_a_lasso_brings_the_images(open_browser, settled, widget, draw_lasso):
    page = open_maps(open_browser)
    settled(page)
    page.get_by_role("button", name="Draw around points to select them").click()
    draw_lasso(page)
    page.wait_for_selector("text=selected images.", timeout=10_000)
    bits = base64.b64decode(widget(page, "btoa(String.fromCharCode(...map.selection()))"))
    assert f"{sum(bits)} selected images." in page.inner_text("body")
    expect(page.locator("article").first).to_be_visible()


def test_a_press_is_kept_in_the_link(open_browser, settled, widget):
    page = open_maps(open_browser)
    page.mouse.click(*widget(page, "map.locate(0, 5)"))
    page.wait_for_selector("text=1 selected image.")
    settled(page)
    assert "selected=" in page.url
    page.reload()
    page.wait_for_selector(".fm[data-ready]", timeout=60_000)
    page.wait_for_selector("text=1 selected image.")
    assert widget(page, "map.selection().reduce((sum, flag) => sum + flag, 0)") == 1


def test_the_story_changes_the_maps_and_the_words(open_browser, settled, widget):
    page = open_maps(open_browser)
    page.get_by_text("3 The model's answers", exact=True).click()
    page.wait_for_selector(".fm-row-title:has-text('Adaptive PGD-10')", timeout=120_000)
    settled(page)
    assert "condition=Adaptive" in page.url
    assert "colour=predicted" in page.url
    assert widget(page, "map.state.colour") == "predicted"


def test_an_image_of_ones_own_is_placed_on_the_maps(open_browser, settled, choose, tmp_path):
    page = open_maps(open_browser)
    page.get_by_text("Place an image of your own on the maps").click()
    chooser = page.locator("input[type=file]")
    file = tmp_path / "one.png"
    Image.fromarray(np.tile(np.array([0, 0, 0, 255, 255, 0, 0, 0], np.uint8), (8, 1))).save(file)
    chooser.set_input_files(file)
    page.locator(".crop .frame").wait_for(timeout=60_000)
    settled(page)
    choose(page, "[class*=st-key-shows]", "1")
    page.wait_for_selector("text=The way of your image over the maps", timeout=60_000)
    settled(page)
    expect(page.locator(".fm-marks").get_by_text("Projected")).to_have_count(1)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image at all")
    chooser.set_input_files(broken)
    page.wait_for_selector("[data-testid=stAlert]", timeout=60_000)
    settled(page)
    expect(page.locator(".fm-panel")).to_have_count(4)


def test_the_slider_follows_the_steps_of_the_attack(open_browser, settled, widget):
    page = open_maps(open_browser, "&steps=true")
    settled(page)
    start = widget(page, "map.locate(0, 3)")
    page.locator(".fm-morph input").fill("1")
    expect(page.locator(".fm-morph output")).to_have_text("Step 10")
    assert widget(page, "map.locate(0, 3)") != start
    expect(page.locator(".fm-panel")).to_have_count(2)


def test_the_card_leads_to_the_attack_page(open_browser, settled):
    page = open_maps(open_browser, "&selected=7")
    page.get_by_role("link", name="open on the Attack page").first.click()
    page.wait_for_selector("text=Before the attack", timeout=60_000)
    assert "image=7" in page.url


def test_the_maps_can_be_saved_and_the_file_works_alone(open_browser, browser, settled, tmp_path):
    page = open_maps(open_browser)
    page.get_by_text("Save the maps").click()
    with page.expect_download(timeout=60_000) as saving:
        page.get_by_role("button", name="HTML, works without a server").click()
    path = tmp_path / "maps.html"
    saving.value.save_as(path)
    context = browser.new_context(offline=True)
    alone = context.new_page()
    alone.goto(path.as_uri())
    alone.wait_for_selector(".fm[data-ready]")
    expect(alone.locator(".fm-panel")).to_have_count(4)
    context.close()


def test_a_saved_page_attacks_by_itself_where_that_is_wanted(open_browser, browser, settled, tmp_path):
    page = open_maps(open_browser)
    page.get_by_text("Save the maps").click()
    page.get_by_text("a pressed image is attacked").click(timeout=180_000)  # when the maps are laid out
    expect(page.get_by_text("Networks and features take")).to_be_visible(timeout=120_000)
    settled(page)
    with page.expect_download(timeout=60_000) as saving:
        page.get_by_role("button", name="HTML, works without a server").click()
    path = tmp_path / "maps.html"
    saving.value.save_as(path)
    assert "--live" in read_origin(path).command
    context = browser.new_context(offline=True, reduced_motion="reduce")
    alone = context.new_page()
    alone.goto(path.as_uri())
    alone.wait_for_selector(".fm[data-ready]")
    alone.get_by_role("button", name="Next image").click()
    expect(alone.locator(".readout .said b").nth(1)).to_be_visible()
    alone.get_by_role("button", name="One step on (right)").click()
    expect(alone.locator(".where")).to_have_text("Step 1")
    context.close()
