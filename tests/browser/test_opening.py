"""What a page does while it opens: it is kept back until it is whole, and does not move afterwards."""

import pytest

pytestmark = pytest.mark.browser
SHIFTS = """() => {
  window.shifts = 0
  const add = (list) => { for (const each of list.getEntries()) window.shifts += each.value }
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true })
}"""
DEAF = """() => {
  const apply = (set, element, given) => (given[0] === "data-opened" ? undefined : set.apply(element, given))
  Element.prototype.setAttribute = new Proxy(Element.prototype.setAttribute, { apply })
}"""
PAGES = {
    "": ".fooled .again",
    "attack": ".replay .model",
    "live": ".live-stage .thumb",
    "feature_maps?samples=200": ".fm[data-ready]",
    "robustness": ".accuracies tbody tr",
    "negatives": ".mechanism .board",
    "train": ".st-key-recipe",
}


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


def test_a_page_is_seen_though_nobody_says_that_it_is_whole(browser, server):
    page = browser.new_page()
    page.add_init_script(f"({DEAF})()")
    page.goto(server)
    page.locator("h1").wait_for(timeout=60_000)
    assert page.locator("html[data-opened]").count() == 0
    page.close()
