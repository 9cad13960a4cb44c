"""Cause and effect in one glance: the main control of a page and what it changes stand in the first viewport."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
WINDOWS = [(1440, 900), (1920, 1080)]
STAGES = {
    "": [".fooled .model >> nth=0", ".fooled .model >> nth=1", ".fooled .again"],
    "attack": [
        ".st-key-epsilon",
        ".replay .bar",
        ".replay canvas >> nth=2",
        ".replay .bars >> nth=0",
        "text=1 PGD fails",
    ],
    "feature_maps": [
        ".st-key-condition",
        ".fm-views",
        ".fm-panel >> nth=0",
        ".fm-panel >> nth=7",
        "text=2 The adaptive attack",
    ],
    "live": [
        ".row.time .play",
        ".row.size input",
        ".paper",
        ".column canvas >> nth=1",
        ".answer >> nth=9",
        ".course",
        ".cut",
    ],
    "robustness": [".accuracies tbody tr.chosen", ".st-key-trust"],
    "train": [".st-key-recipe", ".st-key-start button"],
    "negatives": [".mechanism .alpha", ".force >> nth=0", ".force >> nth=3", ".meter >> nth=3"],
}


@pytest.mark.parametrize(("width", "height"), WINDOWS)
@pytest.mark.parametrize("name", STAGES)
def test_the_stage_is_whole_in_the_first_viewport(browser, server, settled, name, width, height):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{server}/{name}?images=Digits")
    for part in STAGES[name]:
        page.locator(part).wait_for(timeout=180_000)
    settled(page)
    for part in STAGES[name]:
        expect(page.locator(part)).to_be_in_viewport(ratio=0.99)
    page.close()
