"""Sweeps on the Negatives page, from the form to a run whose dot was clicked."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
FIGURES = "negatives?tab=Figures%203%20and%204"


def choose(page, settled, label, text):
    """Type into a select box and take what is typed."""
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.fill(text)
    box.press("Enter")
    settled(page)


def fill(page, settled, label, text):
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Control+Enter")
    settled(page)


@pytest.mark.slow
def test_a_sweep_from_the_form_to_the_run_behind_a_dot(open_browser, settled):
    page = open_browser(FIGURES)
    expect(page.get_by_text("A sweep you start appears here")).to_be_visible()
    choose(page, settled, "New sweep", "A recipe of my choice")
    choose(page, settled, "Recipe", "digits-pgd-at")
    choose(page, settled, "What varies", "attack.steps")
    fill(page, settled, "Its values", "1, oops")
    page.get_by_text("attack.steps = 'oops' does not work").wait_for()
    assert page.get_by_role("button", name="Start", exact=True).is_disabled()
    fill(page, settled, "Its values", "1, 2")
    page.get_by_text("Change settings of every run").click()
    fill(page, settled, "One a line", "epochs=1\nmodel.width=4\ntest_attacks=[fgsm]\nvalidation.samples=16")
    fill(page, settled, "Seeds", "1")
    page.get_by_text("2 runs").first.wait_for()
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_text("of 2 runs finished").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="See what it found").click(timeout=300_000)
    settled(page)
    expect(page.get_by_text("2 of 2 runs finished")).to_be_visible()
    assert "figure=" in page.url
    figure = page.locator(".st-key-figure_chart")
    expect(figure).to_be_visible()
    dot = figure.locator(".scatterlayer .points path").first
    dot.evaluate("dot => dot.scrollIntoView({block: 'center'})")  # else it may lie below the navigation
    dot.click(force=True)
    page.get_by_text("All its settings").wait_for()
    settled(page)
    assert "figure_run=steps" in page.url
    page.reload()
    page.get_by_text("All its settings").wait_for(timeout=60_000)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
@pytest.mark.parametrize("tab", ["Outcome", "Figures%203%20and%204"])
def test_nothing_is_wider_than_the_window(open_browser, width, scheme, tab):
    page = open_browser(f"negatives?tab={tab}", width=width, scheme=scheme)
    page.wait_for_selector("text=Sweeps of your own")
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 1
