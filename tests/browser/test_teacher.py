"""What a teacher shows on a projector of 1920x1080: each within three presses from Home, without scrolling."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
MOST = 3


@pytest.fixture(scope="module")
def server(own_server):
    """A lesson begins where nothing was trained yet."""
    return own_server


@pytest.fixture
def lesson(browser, server, settled):
    """Opens Home on a projector; ``press`` counts, ``seen`` expects things whole in the window as it is."""
    window = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = window.new_page()
    presses = []

    class Lesson:
        def press(self, locator) -> None:
            presses.append(locator)
            locator.click()
            settled(page)

        def seen(self, *parts: str) -> None:
            assert len(presses) <= MOST
            for part in parts:
                page.locator(part).wait_for(timeout=180_000)
            settled(page)
            for part in parts:
                expect(page.locator(part)).to_be_in_viewport(ratio=0.99)

        def open(self, name: str):
            page.goto(f"{server}/?images=Digits")
            page.wait_for_selector(".fooled", timeout=60_000)
            settled(page)
            self.press(page.get_by_role("link", name=name).first)
            page.wait_for_url(f"**/{name.lower().replace(' ', '_')}**")
            return page

    yield Lesson()
    window.close()


def test_an_attack_step_by_step(lesson):
    page = lesson.open("Attack")
    page.locator(".replay .model").first.wait_for(timeout=60_000)
    lesson.press(page.get_by_role("button", name="Play"))
    expect(page.locator(".replay .bar output")).to_have_text("Step 40 of 40", timeout=60_000)
    lesson.seen(".st-key-sentence", ".replay .bar", ".replay canvas >> nth=2", ".replay .bars >> nth=0")


def test_pgd_lies_and_why(lesson):
    page = lesson.open("Attack")
    page.locator(".replay .model").first.wait_for(timeout=60_000)
    lesson.press(page.get_by_text("2 Aim elsewhere", exact=True))
    expect(page.locator(".st-key-sentence")).to_contain_text("The attack succeeds", timeout=60_000)
    lesson.seen(".st-key-sentence", ".replay .bar", ".replay canvas >> nth=2", ".replay .bars >> nth=0")
    lesson.press(page.get_by_text("3 See why", exact=True))
    lesson.seen(".st-key-sentence", ".st-key-deeper .js-plotly-plot >> nth=0")


def test_the_figure_of_two_rows_of_maps(lesson):
    page = lesson.open("Feature maps")
    page.locator(".fm[data-ready]").wait_for(timeout=60_000)
    lesson.seen(".st-key-sentence", *[f".fm-panel >> nth={panel}" for panel in range(8)])


def test_four_negative_strategies(lesson):
    lesson.open("Negatives")
    columns = [f".mechanism .{part} >> nth={column}" for part in ("force", "meter") for column in range(4)]
    lesson.seen(".st-key-sentence", ".mechanism .alpha", *columns)


def test_a_live_training(lesson):
    page = lesson.open("Train")
    lesson.press(page.locator(".st-key-start button"))
    lesson.seen(
        ".st-key-sentence",
        ".st-key-run_stage [role=progressbar] >> nth=0",
        *[f".st-key-run_stage .js-plotly-plot >> nth={chart}" for chart in range(2)],
    )
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped").first).to_be_visible(timeout=120_000)
