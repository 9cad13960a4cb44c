"""Undo, redo and the browser's Back and Forward walk the views of a page."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def chosen(page, key: str) -> str:
    return page.locator(f".st-key-{key} button[aria-checked=true]").inner_text().strip()


def choose(page, key: str, label: str, settled) -> None:
    page.locator(f".st-key-{key}").get_by_text(label, exact=True).click()
    settled(page)


@pytest.fixture
def maps(open_browser):
    page = open_browser("feature_maps?samples=200")
    page.wait_for_selector(".fm[data-ready]", timeout=60_000)
    return page


def test_back_and_forward_walk_the_views_of_a_page_and_undo_stays_on_it(maps, settled):
    page = maps
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    expect(undo).to_be_disabled()
    choose(page, "condition", "Adaptive PGD-10", settled)
    choose(page, "features", "z", settled)
    page.get_by_role("button", name="Both in one").click()
    page.wait_for_url("**view=together**")
    settled(page)
    page.go_back()
    page.wait_for_url(lambda address: "view=" not in address)
    settled(page)
    expect(page.get_by_role("button", name="Above and below")).to_have_attribute("aria-pressed", "true")
    undo.click()
    page.wait_for_url(lambda address: "features=" not in address)
    settled(page)
    assert (chosen(page, "condition"), chosen(page, "features")) == ("Adaptive PGD-10", "z′")
    page.reload()
    page.wait_for_selector(".fm[data-ready]", timeout=60_000)
    settled(page)
    page.keyboard.press("Control+z")
    page.wait_for_url(lambda address: "condition=" not in address)
    settled(page)
    assert chosen(page, "condition") == "PGD-10 on p′"
    expect(undo).to_be_disabled()
    for key, parameter in (("Control+Shift+z", "condition="), ("Control+y", "features="), ("Control+y", "view=")):
        page.keyboard.press(key)
        page.wait_for_url(f"**{parameter}**")
        settled(page)
    expect(page.get_by_role("button", name="Both in one")).to_have_attribute("aria-pressed", "true")
    expect(redo).to_be_disabled()


def test_keys_do_nothing_in_a_text_field_and_one_press_is_one_view(open_browser, settled):
    page = open_browser("negatives?model=Tiny+with+attention+%C2%B7+tiny-ra")
    page.locator(".mechanism .board").wait_for(timeout=60_000)
    settled(page)
    page.get_by_role("button", name="Next anchor").click()
    page.wait_for_url("**anchor=**")
    settled(page)
    address = page.url
    field = page.locator(".st-key-batch input")
    field.focus()
    page.keyboard.press("Control+z")
    settled(page)
    assert page.url == address
    page.locator(".mechanism").focus()
    page.keyboard.press("Control+z")
    page.wait_for_url(lambda now: "anchor=" not in now)
    settled(page)
    expect(page.locator(".mechanism output").first).to_have_text("Anchor 1 of 128")


def test_leaving_a_page_begins_its_views_anew(open_browser, settled):
    page = open_browser("attack")
    page.wait_for_selector(".replay .model", timeout=60_000)
    settled(page)
    page.get_by_role("link", name="Robustness").first.click()
    page.wait_for_url("**/robustness**")
    settled(page)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.go_back()
    page.wait_for_url("**/attack**")
    page.wait_for_selector(".replay .model", timeout=60_000)
