"""The page that attacks networks without a server: one file with all that it needs."""

import json
import re

import pytest

pytestmark = pytest.mark.browser


def test_a_page_of_a_folder_attacks_without_a_server(ancra, workspace, tmp_path, browser):
    folder = tmp_path / "site"
    code, said, _ = ancra("live", "digits/trades-ancra", "digits/pgd-at", "--site", folder)
    assert code == 0
    assert "index.html" in said
    text = (folder / "index.html").read_text()
    assert len(text) < 3e6
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / "index.html").as_uri())
    page.get_by_text("Step 40").wait_for(timeout=60_000)
    shown = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text)[1])
    assert [each["title"] for each in shown["networks"]] == page.locator(".column h2").all_inner_texts()
    assert page.locator(".walk svg").count() == len(shown["maps"]) > 0
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    page.close()


def test_what_is_to_be_written_is_asked_for(ancra, tmp_path):
    code, _, error = ancra("live", "digits/trades")
    assert code == 2
    assert "--out FILE.live" in error
    code, _, error = ancra("live", "digits/trades", "digits/pgd-at", "--out", tmp_path / "two.live")
    assert code == 2
    assert "--site FOLDER" in error


def test_networks_of_other_images_are_not_put_on_one_page(ancra, tmp_path):
    code, _, error = ancra("live", "digits/trades", "fashion_mnist/trades", "--site", tmp_path)
    assert code == 2
    assert "other images or classes" in error
    assert not list(tmp_path.iterdir())
