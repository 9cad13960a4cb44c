from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PAGES = sorted(path.stem for path in (Path(__file__).parents[2] / "app" / "app_pages").glob("[!_]*.py"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_an_error_and_fits_a_phone(open_browser, name):
    page = open_browser(name, width=390, scheme="dark")
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    expect(page.locator("h1")).to_have_count(1)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 1


def test_the_first_page_leads_to_the_others(open_browser, settled):
    page = open_browser()
    assert page.title() == "Home · ANCRA Lab"
    page.get_by_role("link", name="See a robust model fooled").click()
    page.wait_for_selector("text=Before the attack", timeout=60_000)
    assert "/attack" in page.url


def test_home_plays_an_image_that_one_network_loses_and_the_other_keeps(open_browser):
    page = open_browser()
    models = page.locator(".fooled .model")
    page.locator(".fooled .model.lost").wait_for(timeout=20_000)
    page.get_by_role("button", name="Play again").wait_for(timeout=20_000)
    assert "lost" not in models.last.get_attribute("class")
    assert models.last.locator(".said").inner_text().startswith("✓")
    page.get_by_role("button", name="Next image").click()
    page.get_by_text("Both networks know this").wait_for()


def test_under_reduced_motion_home_shows_the_end_and_moves_nothing(browser, server):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{server}/?images=Digits")
    page.locator(".fooled .model.lost").wait_for(timeout=60_000)
    assert "20 of 20" in page.locator(".fooled .where").inner_text()
    context.close()


def test_a_point_of_the_chart_opens_that_models_verdict(open_browser, settled):
    page = open_browser()
    point = page.locator(".st-key-gap .scatterlayer .point").last
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/robustness**", timeout=60_000)
    assert "trust=MART-ANCRA" in page.url
    settled(page)
    page.get_by_role("link", name="Home").first.click()
    page.locator(".fooled .model").first.wait_for(timeout=60_000)
    settled(page)
    expect(page.locator(".fooled .model")).to_have_count(2)  # Home stays, although the point is still selected


def test_a_phones_menu_says_so_and_closes_when_a_page_is_chosen(open_browser):
    page = open_browser(width=390)
    button = page.locator("[data-testid=stExpandSidebarButton]")
    assert "Menu" in button.evaluate("element => getComputedStyle(element, '::after').content")
    assert button.bounding_box()["height"] >= 44
    button.click()
    page.locator("[data-testid=stSidebarNavLink]").filter(has_text="Negatives").click()
    page.wait_for_url("**/negatives**")
    page.wait_for_function("document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right <= 0")


def test_a_link_to_the_view_is_copied(open_browser, settled):
    page = open_browser("robustness?models=TRADES")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy a link to this view").click()
    page.get_by_text("The link is copied.").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert "models=TRADES" in page.url


def test_where_a_browser_lets_no_page_copy_it_says_so(open_browser):
    page = open_browser("robustness")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    page.get_by_role("button", name="Copy a link to this view").click()
    page.get_by_text("copy the address above").wait_for(state="attached")
