"""For everybody: contrast, names, roles and order by axe-core; type to be read, targets to be touched."""

from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

pytestmark = pytest.mark.browser
PAGES = sorted(path.stem for path in (Path(__file__).parents[2] / "app" / "app_pages").glob("[!_]*.py"))
OPENED = [*((name, scheme) for name in PAGES for scheme in ("light", "dark")), ("attack?look=Channels", "dark")]

# All elements with text of their own, in the shadow trees of widgets too, that can be seen.
SEEN = """(root) => {
  const found = []
  const walk = (node) => {
    for (const element of node.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot)
      const box = element.getBoundingClientRect()
      const own = [...element.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())
      if (own && box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true })) {
        found.push(element)
      }
    }
  }
  walk(root)
  return found
}"""
SMALL = f"""() => ({SEEN})(document).filter((element) =>
  parseFloat(getComputedStyle(element).fontSize) < 14 && !element.closest("sup, sub, style")
).map((element) => element.outerHTML.slice(0, 160))"""
# What is touched. Streamlit's own, and left: the question mark beside a word, which may be as high as its line (WCAG
# 2.5.8); the crosses in a chosen model's tag and beside them, where its list does the same; Plotly's camera; the input
# behind a slider, whose thumb stands for it.
LEFT = "[data-testid=stTooltipHoverTarget], [data-testid=stTooltipIcon], [data-testid=stMultiSelect], .modebar"
LOW = """(left) => {
  const found = []
  const walk = (node) => {
    for (const element of node.querySelectorAll("button, select, input[type=range], [role=tab], [role=radio]")) {
      const box = element.getBoundingClientRect()
      if (box.width > 1 && box.height > 0 && box.height < 43.5 && element.checkVisibility({ visibilityProperty: true })
        && !element.closest(left)) {
        found.push(`${Math.round(box.height)} ${element.outerHTML.slice(0, 160)}`)
      }
    }
    for (const element of node.querySelectorAll("*")) if (element.shadowRoot) walk(element.shadowRoot)
  }
  walk(document.querySelector("[data-testid=stMain]"))
  return found
}"""


@pytest.fixture(scope="module")
def axe():
    """The rules of axe-core, as a script."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(("path", "scheme"), OPENED)
def test_axe_finds_nothing_no_type_is_small_and_twice_the_size_fits(open_browser, settled, axe, path, scheme):
    page = open_browser(path, scheme=scheme)
    if path == "train":  # Until the estimate is there it is asked for again and again, and drawn anew.
        page.locator(".st-key-outlook").get_by_text("About").wait_for(timeout=120_000)
        settled(page)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate(SMALL) == []
    page.set_viewport_size({"width": 720, "height": 450})  # 1440 x 900 at 200 %
    settled(page)
    assert page.locator("[data-testid=stMain]").evaluate("element => element.scrollWidth - element.clientWidth") <= 1


@pytest.mark.parametrize("name", PAGES)
def test_what_is_touched_is_44_pixels_high(browser, server, settled, name):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server}/{name}?images=Digits")
    page.wait_for_selector("h1", timeout=60_000)
    settled(page)
    left = f"{LEFT}, [data-testid=stSlider]"
    with suppress(TimeoutError):  # what is still low then is listed
        page.wait_for_function(f"(left) => !({LOW})(left).length", arg=left, timeout=10_000)
    assert page.evaluate(LOW, left) == []
    context.close()
