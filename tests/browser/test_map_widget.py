"""The widget that draws feature maps, in a file of its own."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from ancra.scenes.export import scene_html

pytestmark = pytest.mark.browser
CLEAR = """panel => document.querySelectorAll(".fm-panel")[panel].getBoundingClientRect().bottom
    <= document.querySelector(".fm-tip").getBoundingClientRect().top"""
MAP = "document.querySelector('.fm').featureMap"


@pytest.fixture(scope="module")
def files(make_scene, tmp_path_factory):
    """Self-contained HTML files of scenes with so many points and models."""
    folder = tmp_path_factory.mktemp("scenes")
    made = {}

    def file(count, models=2, attacked=True, stages=False):
        key = (count, models, attacked, stages)
        if key not in made:
            path = folder / f"{count}-{models}-{attacked}-{stages}.html"
            scene = make_scene(count, models, attacked, tuple("abcdefghij"))
            path.write_text(scene_html(replace(scene, stages=stages)))
            made[key] = path.as_uri()
        return made[key]

    return file


@pytest.fixture
def open_file(browser, files):
    """Opens such a file; afterwards nothing may have been asked for from anywhere, and no script have failed."""
    windows = []

    def opened(count=200, models=2, attacked=True, width=1200, touch=False, scheme="light", stages=False):
        window = {"width": width, "height": 900}
        context = browser.new_context(
            viewport=window, has_touch=touch, color_scheme=scheme, reduced_motion="no-preference"
        )
        page = context.new_page()
        wrong = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
        page.goto(files(count, models, attacked, stages))
        page.wait_for_selector(".fm[data-ready]")
        windows.append((context, wrong))
        return page

    yield opened
    for context, wrong in windows:
        context.close()
        assert not wrong


@pytest.fixture
def selected(widget):
    """Counts the selected points of a page."""
    return lambda page: widget(page, "map.selection().reduce((sum, flag) => sum + flag, 0)")


def test_pointing_at_a_point_shows_its_image_and_true_neighbours(open_file, widget):
    page = open_file()
    page.mouse.move(*widget(page, "map.locate(0, 5)"))
    tip = page.locator(".fm-tip")
    tip.wait_for(state="visible")
    assert "True label" in tip.inner_text()
    assert "Nearest in the full feature space" in tip.inner_text()
    assert tip.locator("canvas").count() >= 3


def test_a_press_selects_and_escape_clears(open_file, widget, selected):
    page = open_file()
    page.mouse.click(*widget(page, "map.locate(2, 5)"))
    assert selected(page) == 1
    page.keyboard.press("Escape")
    assert selected(page) == 0


def test_a_lasso_selects_in_all_maps_and_shift_adds(open_file, draw_lasso, selected):
    page = open_file()
    page.get_by_role("button", name="Draw around points to select them").click()
    draw_lasso(page)
    first = selected(page)
    assert 0 < first < 200
    assert f"{first} of 200 images selected" in page.locator(".fm-status").inner_text()
    page.keyboard.down("Shift")
    draw_lasso(page, panel=1)
    page.keyboard.up("Shift")
    assert selected(page) > first


def test_the_wheel_zooms_only_once_the_map_was_pressed(open_file, held):
    page = open_file()
    box = page.locator(".fm-panel").first.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.wheel(0, -300)
    held(page, f"{MAP}.view().zoom === 1", 10)
    page.locator(".fm-panel").first.focus()
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"{MAP}.view().zoom > 1")


def test_dragging_moves_the_maps_and_fit_brings_them_back(open_file, widget):
    page = open_file()
    box = page.locator(".fm-panel").first.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40, steps=4)
    page.mouse.up()
    assert widget(page, "map.view().x") != 0.5
    page.get_by_role("button", name="Show the whole maps").click()
    assert widget(page, "map.view().x") == 0.5


def test_a_place_that_is_given_as_text_is_looked_at(open_file, widget):
    page = open_file()
    widget(page, "map.lookAt(x)", "0.25,0.75,3")
    assert widget(page, "map.view()") == {"x": 0.25, "y": 0.75, "zoom": 3}
    widget(page, "map.lookAt(x)", "somewhere")
    assert widget(page, "map.view()") == {"x": 0.5, "y": 0.5, "zoom": 1}


def test_the_keyboard_alone_walks_zooms_and_selects(open_file, widget, selected):
    page = open_file()
    page.locator(".fm-panel").first.focus()
    for key in ("+", "ArrowLeft", "n", "n", "Enter"):
        page.keyboard.press(key)
    assert widget(page, "map.view().zoom") > 1
    assert selected(page) == 1
    assert "image 1, true b" in page.locator(".fm > [aria-live]").inner_text()
    panel = page.locator(".fm-panel").first
    described = page.locator(f"#{panel.get_attribute('aria-describedby')}").inner_text()
    assert "Arrow keys" in described
    assert "Model 0, Natural: 200 images" in panel.get_attribute("aria-label")


def test_a_press_lights_a_class_alone_and_others_join_it(open_file, widget, draw_lasso):
    page = open_file()
    legend = page.locator(".fm-legend")
    chip, other = (legend.get_by_role("button", name=name, exact=True) for name in "ab")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(other).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Draw around points to select them").click()
    draw_lasso(page)
    chosen = "[...new Set([...map.selection()].flatMap((flag, i) => flag ? [i % 10] : []))]"
    assert widget(page, chosen) == [0]
    other.click()
    expect(other).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Show all").click()
    expect(legend.locator("[aria-pressed=false]")).to_have_count(0)


def test_the_card_has_its_place_beside_the_maps_and_keeps_what_was_pressed(open_file, widget):
    page = open_file()
    tip, panels = page.locator(".fm-tip"), page.locator(".fm-panel")
    place = widget(page, "map.locate(0, 5)")
    page.mouse.click(*place)
    expect(tip).to_contain_text("True label")
    said = tip.inner_text()
    box = tip.bounding_box()
    for panel in panels.all():
        other = panel.bounding_box()
        assert box["x"] >= other["x"] + other["width"] or box["y"] >= other["y"] + other["height"]
    page.mouse.move(1, 1)
    expect(tip).to_have_text(said, use_inner_text=True)
    page.keyboard.press("Escape")
    expect(tip).to_contain_text("Point at an image")


def test_on_a_phone_the_card_covers_none_of_the_maps_of_the_model_that_was_pressed(open_file, widget):
    page = open_file(models=4, width=390, touch=True)
    tip, panels = page.locator(".fm-tip"), page.locator(".fm-panel")
    for first in (0, panels.count() - 2):
        panels.nth(first).scroll_into_view_if_needed()
        page.touchscreen.tap(*widget(page, f"map.locate({first}, 5)"))
        expect(tip).to_contain_text("True label")
        expect(tip).to_be_in_viewport(ratio=0.9)
        for panel in (first, first + 1):
            expect(panels.nth(panel)).to_be_in_viewport(ratio=0.9)
        page.wait_for_function(CLEAR, arg=first + 1)


@pytest.mark.parametrize("view", ["together", "attack", "models"])
def test_every_arrangement_draws(open_file, view, widget):
    page = open_file()
    before = widget(page, "map.stats.frames")
    page.locator(f".fm-views button[data-view={view}]").click()
    page.wait_for_function(f"{MAP}.stats.frames > {before}")
    assert page.locator(".fm-panel").count() == (1 if view == "models" else 2)


def test_the_slider_moves_every_point_to_its_adversarial_version(open_file, widget):
    page = open_file()
    page.get_by_role("button", name="Morph").click()
    page.wait_for_function(f"{MAP}.state.t === 1")  # it has played by itself
    page.locator(".fm-morph input").fill("0")
    page.wait_for_function(f"{MAP}.state.t === 0")
    start = widget(page, "map.locate(0, 3)")
    page.locator(".fm-morph input").fill("1")
    page.wait_for_function(f"{MAP}.state.t === 1")
    assert widget(page, "map.locate(0, 3)") != start
    assert page.locator(".fm-morph output").inner_text() == "PGD-10"
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"0 < {MAP}.state.t && {MAP}.state.t < 1")


@pytest.mark.parametrize("colour", ["predicted", "flipped", "kept"])
def test_every_colour_draws_and_has_a_legend(open_file, colour):
    page = open_file()
    page.get_by_label("Colour by").select_option(colour)
    assert page.locator(".fm-legend").inner_text()


def test_two_fingers_zoom(open_file):
    page = open_file(width=390, touch=True)
    page.locator(".fm-panel").first.evaluate(
        """panel => {
          const box = panel.getBoundingClientRect();
          const send = (kind, id, x, y) => panel.dispatchEvent(new PointerEvent(kind, {
            pointerId: id, pointerType: "touch", clientX: box.left + x, clientY: box.top + y, bubbles: true}));
          send("pointerdown", 1, 60, 60); send("pointerdown", 2, 90, 90);
          send("pointermove", 2, 130, 130); send("pointerup", 1, 60, 60); send("pointerup", 2, 130, 130);
        }"""
    )
    page.wait_for_function(f"{MAP}.view().zoom > 1.2")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_two_maps_a_row_without_scrolling_sideways(open_file, scheme):
    page = open_file(models=4, width=390, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    first, second = (page.locator(".fm-map").nth(i).bounding_box() for i in (0, 1))
    assert abs(first["y"] - second["y"]) < 2
    assert first["width"] > 150


def test_fifty_thousand_points_can_be_selected(open_file, draw_lasso, selected):
    page = open_file(count=50_000, models=1)
    page.get_by_role("button", name="Draw around points to select them").click()
    draw_lasso(page)
    assert selected(page) > 1000


def test_stages_have_no_marks_of_an_attack(open_file):
    page = open_file(stages=True)
    expect(page.locator(".fm-marks")).to_have_count(0)
    expect(open_file().locator(".fm-marks")).to_have_count(1)


def test_points_glide_to_a_new_scene_and_arrive(open_file, held, widget):
    page = open_file()
    start = widget(page, "map.locate(3, 7)")
    page.locator(".fm").evaluate(
        """element => {
          const data = JSON.parse(document.getElementById("data").textContent);
          const { scene } = data;
          for (const map of scene.maps) for (const frame of map.frames) frame.xy = scene.maps[0].frames[0].xy;
          element.featureMap.update({ scene: { ...scene, id: "other" }, command: null });
        }"""
    )
    held(page, f"window.drawn === (window.drawn = {MAP}.stats.frames)")
    assert widget(page, "map.locate(3, 7)") != start
    first, last = (widget(page, f"map.locate({panel}, 7)") for panel in (0, 3))
    boxes = [page.locator(".fm-panel").nth(panel).bounding_box() for panel in (0, 3)]
    assert first[0] - boxes[0]["x"] == pytest.approx(last[0] - boxes[1]["x"], abs=1)
    assert first[1] - boxes[0]["y"] == pytest.approx(last[1] - boxes[1]["y"], abs=1)
