"""Cause and effect in one glance: the main control of a page and what it changes stand in the first viewport.

And stay in sight: after each step of a story its sentence, its buttons and what it changed can be seen.
"""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
WINDOWS = {
    "desk": [{"width": 1440, "height": 900}, {"width": 1920, "height": 1080}],
    "phone": [{"width": 390, "height": 844}],
}
STORY = [".st-key-sentence", ".st-key-story_back button", ".st-key-story_next button", ".st-key-story_reset button"]
STAGES = {
    "": [".fooled .model >> nth=0", ".fooled .model >> nth=1", ".fooled .again"],
    "attack": [
        *STORY,
        ".st-key-epsilon",
        ".st-key-objective",
        ".replay .bar",
        ".replay canvas >> nth=2",
        ".replay .bars >> nth=0",
        ".replay .names >> nth=0",
    ],
    "live": [
        *STORY,
        ".play",
        ".row.size input",
        ".paper",
        ".column canvas >> nth=1",
        ".answer >> nth=9",
        ".course",
        ".cut",
    ],
    "feature_maps": [*STORY, ".st-key-condition", ".fm-views", ".fm-panel >> nth=0", ".fm-panel >> nth=7"],
    "negatives": [*STORY, ".mechanism .alpha", ".force >> nth=0", ".force >> nth=3", ".meter >> nth=3"],
    "robustness": [*STORY, ".accuracies tbody tr >> nth=0", ".accuracies tbody tr.chosen", ".st-key-trust"],
    "train": [*STORY, ".st-key-recipe", ".st-key-start button"],
}
ON_A_PHONE = {
    "": [".fooled .model >> nth=0", ".fooled .again"],
    "attack": [*STORY, ".st-key-epsilon", ".replay button.play", ".replay canvas >> nth=2"],
    "live": [*STORY, ".play", ".row.size input", ".column canvas >> nth=0", ".column canvas >> nth=3"],
    "feature_maps": [*STORY, ".st-key-condition", ".fm-panel >> nth=0", ".fm-panel >> nth=1"],
    "negatives": [*STORY, ".mechanism .alpha", ".mechanism .anchor"],
    "robustness": [*STORY, ".accuracies tbody tr >> nth=0", ".accuracies tbody tr.chosen"],
    "train": [*STORY, ".st-key-recipe"],
}
STEPS = {
    "attack": [".replay button.play", ".st-key-deeper", None],
    "feature_maps": [".fm-panel >> nth=1"] * 3,
    "negatives": [".mechanism .alpha", "[data-testid=stDataFrame] >> nth=0", "[data-testid=stPlotlyChart] >> nth=0"],
    "live": [".answer[aria-pressed=true] >> nth=0", ".row.size input", ".row.size input"],
    "robustness": [".accuracies thead [data-lit] >> nth=0", ".accuracies thead .verdict", ".accuracies tr.chosen"],
    "train": [".st-key-recipe", "text=No run yet. Open", "text=No run yet. Open"],
}
"""What changes at the second, third and fourth step of each story."""


@pytest.fixture(scope="module")
def server(own_server):
    """A run that is there makes the Train page another one."""
    return own_server


@pytest.mark.parametrize("windows", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("name", STAGES)
def test_what_one_moves_and_what_it_changes_are_in_one_viewport(browser, server, settled, name, windows):
    page = browser.new_page(viewport=windows[0])
    page.goto(f"{server}/{name}?images=Fashion")
    parts = (ON_A_PHONE if page.viewport_size["width"] < 640 else STAGES)[name]
    for part in parts:
        page.locator(part).wait_for(timeout=180_000)

    def in_sight(parts, ratio=None):
        for window in windows:
            page.set_viewport_size(window)
            settled(page)
            for part in parts:
                expect(page.locator(part)).to_be_in_viewport(ratio=ratio)

    in_sight(parts, 0.99)
    sentence = page.locator(".st-key-sentence")
    for changed in STEPS.get(name, []):
        before = sentence.inner_text()
        page.locator(".st-key-story_next button").click()
        expect(sentence).not_to_have_text(before, timeout=60_000)
        in_sight([*STORY, *([changed] if changed else [])])
    page.close()


def test_the_names_of_classes_below_the_bars_are_whole(browser, server, settled):
    page = browser.new_page(viewport=WINDOWS["desk"][0])
    page.goto(f"{server}/attack?images=Fashion")
    page.locator(".replay .names").first.wait_for(timeout=180_000)
    settled(page)
    cut = page.locator(".replay .names span").evaluate_all(
        "names => names.filter((name) => name.scrollWidth > name.clientWidth).map((name) => name.textContent)"
    )
    assert cut == []
    page.close()
