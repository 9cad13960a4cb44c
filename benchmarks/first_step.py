"""How soon a page of Live shows the first step, for ``live_page.py``."""

import json
import re
import statistics
from pathlib import Path

from chromium import chromium
from playwright.sync_api import Browser

FIRST = "performance.getEntriesByName('first step')[0]"
MARK = """addEventListener('DOMContentLoaded', () => {
  const seen = new MutationObserver(() => {
    const where = document.querySelector('.where')?.textContent
    if (!where || where === 'Step 0' || performance.getEntriesByName('first step').length) return
    performance.mark('first step')
  })
  seen.observe(document, { subtree: true, childList: true, characterData: true })
})"""


def untraced(browser: Browser, site: Path) -> float:
    """Milliseconds by the clock from opening the page to its first step."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(MARK)
    page.goto(site.as_uri())
    page.wait_for_function(f"{FIRST} !== undefined")
    clock = page.evaluate(f"{FIRST}.startTime")
    page.close()
    return float(clock)


def busy(browser: Browser, site: Path, folder: Path) -> tuple[float, float]:
    """Milliseconds of the processor to the first step: of the page's thread and of the worker."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(MARK)
    file = folder / "opening.json"
    kinds = ["toplevel", "devtools.timeline", "blink.user_timing", "__metadata"]
    browser.start_tracing(page=page, path=str(file), categories=kinds)
    page.goto(site.as_uri())
    page.wait_for_timeout(4000)
    browser.stop_tracing()
    page.close()
    events = json.loads(file.read_text())["traceEvents"]
    until = next(e["ts"] for e in events if e["name"] == "first step")
    names = {(e["pid"], e["tid"]): e["args"].get("name", "") for e in events if e["name"] == "thread_name"}
    process = next(e["pid"] for e in events if e["name"] == "first step")
    own, worker = 0.0, 0.0
    for e in events:
        if e["pid"] != process or e["ts"] > until or "tdur" not in e or not e["name"].endswith("RunTask"):
            continue
        name = names.get((e["pid"], e["tid"]), "")
        own += e["tdur"] / 1000 if name == "CrRendererMain" else 0
        worker += e["tdur"] / 1000 if "Worker" in name and "Pool" not in name else 0
    return own, worker


def in_app(address: str, rounds: int) -> None:
    """Print how soon the app's own page shows a step, and its title before it; the networks are there from a visit."""
    found = []
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        for number in range(rounds + 1):
            page = context.new_page()
            page.goto(address)
            page.get_by_role("heading", name="Live", exact=True).first.wait_for(timeout=60_000)
            title = page.evaluate("performance.now()")
            page.locator(".where", has_text=re.compile("Step [1-9]")).first.wait_for(timeout=60_000)
            if number:
                found.append((page.evaluate("performance.now()"), title))
            page.close()
    step, title = (statistics.median(each) for each in zip(*found, strict=True))
    after = step - title
    print(f"\nIn the app the first step is there {step:.0f} ms after opening, {after:.0f} ms after the page's title")
