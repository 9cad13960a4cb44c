"""Present: large type, nothing but the stage, and arrow keys that walk the story."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# Each piece of text that is drawn in the first viewport in type smaller than 20 px, in the widgets' own trees, too.
SMALL = """() => {
  const found = []
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot)
      const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
      const box = element.getBoundingClientRect()
      const style = getComputedStyle(element)
      const icon = style.fontFamily.includes("Material")
      if (!says || icon || box.width < 2 || box.height < 2 || box.top > innerHeight || box.bottom < 0) continue
      const seen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
      const small = Number.parseFloat(style.fontSize) < 19.9
      if (seen && small) found.push(`${element.textContent.trim().slice(0, 40)} ${style.fontSize}`)
    }
  }
  look(document)
  return found
}"""


@pytest.mark.parametrize("name", ["", "attack", "feature_maps", "negatives", "robustness", "train"])
def test_no_type_is_smaller_than_twenty_pixels(browser, server, settled, name):
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{server}/{name}?images=Digits&present=1")
    page.locator("h1").wait_for(state="attached", timeout=60_000)
    settled(page)
    page.wait_for_function("!document.querySelector('[data-testid=stHeader]')?.checkVisibility()")
    assert page.evaluate(SMALL) == []
    page.close()


def test_arrows_walk_the_story_and_escape_ends_presenting(open_browser, settled):
    page = open_browser("attack", width=1920)
    page.get_by_role("button", name="Present").click()
    expect(page.locator("[data-testid=stHeader]")).to_be_hidden()
    page.wait_for_url("**present=1**")
    settled(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**guide=2**")
    expect(page.get_by_text("only the aim is another")).to_be_in_viewport()
    settled(page)
    page.reload()
    page.get_by_text("only the aim is another").wait_for(timeout=60_000)
    settled(page)
    expect(page.locator("[data-testid=stHeader]")).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda address: "guide=2" not in address)
    settled(page)
    page.keyboard.press("Escape")
    expect(page.locator("[data-testid=stHeader]")).to_be_visible()
    page.wait_for_url(lambda address: "present=" not in address)
