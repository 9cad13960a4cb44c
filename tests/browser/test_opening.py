"""What a page does while it opens: it is kept back until it is whole, and does not move afterwards."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
SHIFTS = """() => {
  window.shifts = 0
  const add = (list) => { for (const each of list.getEntries()) window.shifts += each.value }
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true })
}"""
WHOLE = "document.querySelector('html[data-opened] [data-test-script-state=notRunning]') !== null"
DEAF = """() => {
  const apply = (set, element, given) => (given[0] === "data-opened" ? undefined : set.apply(element, given))
  Element.prototype.setAttribute = new Proxy(Element.prototype.setAttribute, { apply })
}"""
# Kept back for good, until a test opens it.
KEPT = f"""() => {{
  ({DEAF})()
  const style = new CSSStyleSheet()
  style.replaceSync("* {{ animation: none !important }}")
  document.adoptedStyleSheets = [style]
}}"""
CONTENT = """() => {
  const box = document.querySelector("[data-testid=stMainBlockContainer] > *").getBoundingClientRect()
  return [box.left, box.right, box.top]
}"""
BACKGROUND = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor.match(/\\d+/g).map(Number)"
PAGES = {
    "": ".fooled .again",
    "attack": ".replay .model",
    "live": ".live-stage .thumb",
    "feature_maps?samples=200": ".fm[data-ready]",
    "robustness": ".accuracies tbody tr",
    "negatives": ".mechanism .board",
    "train?part=New+run": ".st-key-recipe",  # Other tests may leave runs, and it opens on them then.
}
LONG = "layout=AlignedUMAP,+all+models+together&models=Tiny+plain+·+tiny-plain&models=Tiny+with+attention+·+tiny-ra"


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["screen", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_what_a_page_opens_with_stands_where_it_stays(browser, server, settled, path, size):
    page = browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)))
    page.add_init_script(f"({SHIFTS})()")
    for _ in range(2):  # The first visitor's page may take longer than it is kept back: libraries are loaded.
        page.goto(f"{server}/{path}{'&' if '?' in path else '?'}images=Digits")
        page.locator(PAGES[path]).first.wait_for(timeout=180_000)
        settled(page)
    assert page.evaluate("window.shifts") < 0.1
    page.close()


@pytest.mark.parametrize(("seed", "size"), [(1, (1440, 900)), (2, (390, 844))], ids=["screen", "phone"])
def test_maps_that_are_laid_out_take_the_place_of_the_first_ones(browser, server, settled, seed, size):
    page = browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)))
    page.add_init_script(f"({SHIFTS})()")
    page.goto(f"{server}/feature_maps?images=Digits&samples=200&seed={seed}&{LONG}")  # A seed that nobody had before.
    being_laid_out = page.locator(".st-key-laying_out [data-testid=stProgress]")
    being_laid_out.wait_for(timeout=60_000)
    page.locator(".fm[data-ready]").evaluate("element => { element.first = true }")
    page.wait_for_function(WHOLE, timeout=60_000)  # A page that takes longer than it is kept back is shown in parts.
    before = page.evaluate("window.shifts")
    expect(being_laid_out).to_be_visible()
    being_laid_out.wait_for(state="detached", timeout=180_000)
    settled(page)
    assert page.locator(".fm[data-ready]").evaluate("element => element.first")
    assert page.evaluate("window.shifts") - before < 0.1
    page.close()


def test_a_page_is_seen_though_nobody_says_that_it_is_whole(browser, server):
    page = browser.new_page()
    page.add_init_script(f"({DEAF})()")
    page.goto(server)
    page.locator("h1").wait_for(timeout=60_000)
    assert page.locator("html[data-opened]").count() == 0
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_stands_for_a_page_is_as_wide_as_its_content(browser, server, settled, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.add_init_script(f"({KEPT})()")
    page.goto(f"{server}/?images=Digits")
    page.locator(PAGES[""]).wait_for(state="attached", timeout=60_000)
    settled(page)
    for width, height in ((390, 844), (768, 1024), (1440, 900), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        settled(page)
        left, right, top = page.evaluate(CONTENT)
        pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
        seen = (np.abs(pixels - page.evaluate(BACKGROUND)[:3]).max(2) > 2)[int(top) :].any(0)
        assert np.flatnonzero(seen)[[0, -1]] == pytest.approx([left, right - 1], abs=1), width
    page.close()


def test_homes_demonstration_begins_when_its_page_is_seen(browser, server, settled):
    page = browser.new_page()
    page.clock.install()
    page.add_init_script(f"({KEPT})()")
    page.goto(f"{server}/?images=Digits")
    page.locator(PAGES[""]).wait_for(state="attached", timeout=60_000)
    settled(page)
    page.clock.run_for(5000)
    step = page.locator(".fooled .where")
    expect(step).to_have_text("step 0 of 20")
    page.evaluate("document.documentElement.toggleAttribute('data-opened', true)")
    page.clock.run_for(2000)
    expect(step).not_to_have_text("step 0 of 20")
    page.close()
