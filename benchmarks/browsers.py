"""Real browsers among the clients of ``classroom.py``: what people see, drawing included."""

import asyncio
import random
import time
from collections.abc import Callable

from chromium import FLAGS, executable
from playwright.async_api import Browser, Page, async_playwright

OPENED, SWITCHED = "Attack, in a browser", "A switch that computes nothing, in a browser"
WAIT = 120_000  # milliseconds
DONE = """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
    && document.querySelector('.st-key-replay_place canvas, .st-key-replay_place iframe, .st-key-replay_place div')"""
SMOOTH = "on => (getComputedStyle(document.documentElement).getPropertyValue('--enlarged').trim() === 'auto') === on"
Told = Callable[[str, float | str], None]
"""Is told what was done and its seconds, or an error."""


async def browse(address: str, links: list[str], until: float, pause: tuple[float, float], tell: Told) -> None:
    """Open one link after the other, each with a switch that computes nothing, until the time is over.

    Args:
        links: of the Attack page, from the server's address on.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        try:
            await _visits(browser, address, links, until, pause, tell)
        finally:
            await browser.close()


async def _visits(
    browser: Browser, address: str, links: list[str], until: float, pause: tuple[float, float], tell: Told
) -> None:
    chance = random.Random(address + links[0])
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    while time.monotonic() < until and links:
        try:
            began = time.monotonic()
            await page.goto(f"{address}/{links.pop()}", timeout=WAIT)
            await page.wait_for_function(DONE, timeout=WAIT)
            tell(OPENED, time.monotonic() - began)
            await asyncio.sleep(chance.uniform(*pause))
            tell(SWITCHED, await _switch(page))
            for message in await page.locator('[data-testid="stAlertContentError"]').all_inner_texts():
                tell("error", message)
        except Exception as error:
            tell("error", f"{OPENED}: {error!r}")
        await asyncio.sleep(chance.uniform(*pause))


async def _switch(page: Page) -> float:
    """Seconds until pictures are drawn smoothly after the switch was pressed."""
    began = time.monotonic()
    await page.locator(".st-key-smooth label").first.click(timeout=WAIT)
    await page.wait_for_function(SMOOTH, arg=True, timeout=WAIT)
    return time.monotonic() - began
