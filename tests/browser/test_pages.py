from pathlib import Path

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
    assert "/attack" in page.url
