import pytest

from ancra.web.assemble import FOLDER


@pytest.fixture(scope="module")
def blank(browser):
    """A page that may import the scripts of the folder, one by one."""
    page = browser.new_page()
    kinds = {".js": "text/javascript", ".json": "application/json"}

    def serve(route):
        path = FOLDER / route.request.url.removeprefix("http://scripts/").partition("?")[0]
        if path.is_file():
            route.fulfill(body=path.read_text(encoding="utf-8"), content_type=kinds[path.suffix])
        else:
            route.fulfill(body="<!doctype html><title>blank</title>", content_type="text/html")

    page.route("http://scripts/**", serve)
    page.goto("http://scripts/blank.html")
    yield page
    page.close()
