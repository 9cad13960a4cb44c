"""The system's Chromium, as benchmarks, tests and the README's pictures drive it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def executable(*rather: str) -> str | None:
    """Where it is: $CHROMIUM, or what is usually installed; those that are named before it."""
    names = (*rather, "chromium", "chromium-browser")
    return os.environ.get("CHROMIUM") or next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def chromium(*rather: str) -> Iterator["Browser"]:
    """One that runs until the block ends."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(*rather), args=FLAGS)
        yield browser
        browser.close()
