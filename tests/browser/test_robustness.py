import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_published_numbers_stand_apart(open_browser, settled):
    page = open_browser("robustness")
    page.get_by_text("Published numbers, on other data").click()
    settled(page)
    expect(page.get_by_text("not to be ranked against the table above")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_nothing_is_wider_than_the_window(open_browser, width, scheme):
    page = open_browser("robustness", width=width, scheme=scheme)
    page.wait_for_selector("text=Evaluate more")
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 1
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def test_a_pressed_row_is_the_model_whose_verdict_stands_beside(open_browser, settled):
    page = open_browser("robustness")
    table = page.locator(".accuracies table")
    table.wait_for(timeout=60_000)
    settled(page)
    table.get_by_role("button", name="PGD-AT", exact=True).click()
    page.wait_for_function("document.querySelector('.st-key-trust input').value === 'PGD-AT'", timeout=60_000)


def test_the_table_sorts_by_a_column_and_is_no_wider_than_a_phone(open_browser, settled):
    page = open_browser("robustness", width=390)
    table = page.locator(".accuracies table")
    table.wait_for(timeout=60_000)
    settled(page)
    assert table.evaluate("element => element.scrollWidth") <= page.locator(".accuracies").bounding_box()["width"] + 1
    table.get_by_role("button", name="Worst case").click()
    first = table.locator("tbody tr:not(.more)")
    values = first.locator("td:nth-child(7)").evaluate_all("all => all.map((cell) => Number(cell.firstChild.data))")
    assert values == sorted(values, reverse=True)
    table.get_by_role("button", name="MART", exact=True).click()
    expect(table.locator(".more")).to_contain_text("AutoAttack")
