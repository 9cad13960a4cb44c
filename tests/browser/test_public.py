"""Strangers: the pages of a public server, under its content security policy, in a real Chromium."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
# The page looks for its server below its own path first.
OUR_OWN = "/_stcore/"
PAGES = (
    "",
    "attack?look=Loss+surface&surface=3-D",
    "attack?look=Attribution",
    "live",
    "feature_maps?samples=200",
    "robustness",
    "negatives",
    "train",
)


def test_every_page_works_under_the_policy_and_none_of_them_changes_anything(browser, public_server, settled):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append((message.text, message.location["url"])))
    page.on("pageerror", lambda error: said.append((str(error), page.url)))
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES:
        answer = page.goto(f"{public_server}/{path}{'&' if '?' in path else '?'}images=Digits")
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        page.wait_for_selector("h1", timeout=60_000)
        settled(page)
        expect(page.locator("[data-testid=stAlertContentError], [data-testid=stException]")).to_have_count(0)
        expect(page.locator("[data-testid=stFileUploader]")).to_have_count(0)
        expect(page.get_by_role("link", name="Train")).to_have_count(0)
    assert page.title() == "Home · ANCRA Lab"  # there is no page that trains
    context.close()
    own = (public_server, public_server.replace("http", "ws"), "data:", "blob:")
    assert not [url for url in asked if not url.startswith(own)]
    wrong = [text for text, url in said if OUR_OWN not in url and ("Policy" in text or "rror" in text)]
    assert not wrong, wrong
