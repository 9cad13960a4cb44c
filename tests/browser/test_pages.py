from pathlib import Path
from urllib.parse import quote_plus

import pytest

pytestmark = pytest.mark.browser
PAGES = sorted(path.stem for path in (Path(__file__).parents[2] / "app" / "app_pages").glob("*.py"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_an_error_and_fits_a_phone(open_browser, name):
    page = open_browser(name, width=390, scheme="dark")
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("h1").count() == 1
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 1


def test_the_first_page_leads_to_the_others(open_browser, settled):
    page = open_browser()
    assert page.title() == "Home · ANCRA Lab"
    page.get_by_role("link", name="See a robust model fooled").click()
    page.wait_for_selector("text=Before the attack", timeout=60_000)
    assert page.url.endswith("/attack")


def test_one_click_on_the_sheet_attacks_an_image(open_browser, settled):
    model = quote_plus("Tiny with attention · tiny-ra")
    page = open_browser(f"attack?a={model}")
    page.get_by_role("option", name="Test image 7:").click()
    settled(page)
    assert "image=7" in page.url
    assert page.get_by_role("option", name="Test image 7:").get_attribute("aria-selected") == "true"


def test_the_slider_replays_the_attack_and_the_link_keeps_the_step(open_browser, settled):
    page = open_browser("attack?image=3")
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length >= 4", timeout=60_000)
    settled(page)
    slider = page.locator("[data-testid=stSlider]").filter(has_text="Step of the attack").get_by_role("slider")
    slider.focus()
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    page.wait_for_selector("text=After step 38", timeout=60_000)
    assert "step=38" in page.url
    page.reload()
    page.wait_for_selector("text=After step 38", timeout=60_000)


def test_pictures_are_large_and_not_blurred(open_browser):
    page = open_browser("attack")
    picture = page.get_by_alt_text("The natural image")
    assert picture.evaluate("image => image.clientWidth") >= 160
    assert picture.evaluate("image => image.naturalWidth % 8") == 0


def test_the_strategies_stand_side_by_side_on_a_wide_screen(open_browser):
    page = open_browser("negatives")
    titles = [page.get_by_text(title, exact=True).last for title in ("Anchor", "Random", "Soft-LS", "Hard-LS")]
    heights = [title.bounding_box()["y"] for title in titles]
    assert max(heights) - min(heights) < 3
