"""What a person waits for after each action on each page, and what the page looks like meanwhile.

    .venv/bin/python benchmarks/actions.py [--shots FOLDER] [--page attack] [--width 1440 --height 900] [--scheme dark]

Needs requirements-dev.txt and a Chromium ($CHROMIUM, or on the PATH). A real browser presses and moves what the pages
have, one thing after the other. Printed for each: milliseconds until words stand where the result will appear, until
the result is there, layout shift (as browsers count it, 0.1 is much), and how many rows of the window are blank 150 ms
after the action that are not so before or after it. Where the browser answers by itself, its result stands for words.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from chromium import chromium
from PIL import Image
from playwright.sync_api import Error, Page
from serving import served

from ancra.paths import workspace

LOOK = 150  # Milliseconds after an action at which the window is looked at.
BUSY = "[data-stale=true], [data-test-script-state]:not([data-test-script-state=notRunning])"
# Notes when a person last acted, when words were first seen after it, and how far things moved.
WATCH = """() => {
  const seen = (globalThis.watched = { at: 0, words: null, shift: 0, drawn: null })
  const pill = () => document.querySelector(".ancra-waiting:not([hidden])")
  const act = (event) => {
    if (!event.isTrusted || seen.at) return
    seen.at = performance.now()
    const look = () => {
      if (seen.words === null && pill()) seen.words = performance.now() - seen.at
      if (seen.drawn === null && globalThis.shown?.() !== seen.before) seen.drawn = performance.now() - seen.at
      if (performance.now() - seen.at < 60000) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  }
  for (const name of ["pointerup", "keydown"]) addEventListener(name, act, true)
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (seen.at && entry.startTime > seen.at) seen.shift += entry.value
  }).observe({ type: "layout-shift" })
}"""
ARM = """(where) => {
  const read = (node) => node.textContent + [...node.querySelectorAll("*")].map((one) => one.shadowRoot
    ? read(one.shadowRoot) : one.matches("[aria-pressed], input") ? `${one.ariaPressed}${one.value}` : "").join("")
  globalThis.shown = () => [...document.querySelectorAll(where)].map(read).join() + document.title
  Object.assign(globalThis.watched, { at: 0, words: null, shift: 0, drawn: null, before: globalThis.shown() })
}"""
BACKGROUND = "getComputedStyle(document.querySelector('.stApp')).backgroundColor.match(/\\d+/g).map(Number)"
IDLE = f"""() => new Promise((done, failed) => {{
  let held = 0, last = 0
  const end = performance.now() + 120000
  const look = () => {{
    const busy = document.querySelector("{BUSY}") || document.querySelector(".ancra-waiting:not([hidden])")
    if (busy || !last) last = performance.now()
    held = busy ? 0 : held + 1
    if (held > 15) done(last)
    else if (performance.now() > end) failed(new Error("still busy"))
    else requestAnimationFrame(look)
  }}
  look()
}})"""


@dataclass(frozen=True)
class Action:
    """One thing that a person does.

    Attributes:
        page: as the URL names it. name: what is done. act: does it. where: what shows its result.
        local: the browser answers by itself.
    """

    page: str
    name: str
    act: Callable[[Page], object]
    where: str = "[data-testid=stMainBlockContainer]"
    local: bool = False


def press(selector: str, **how: object) -> Callable[[Page], object]:
    """Press what a selector finds first."""
    return lambda page: page.locator(selector).first.click(timeout=20_000, **how)


def labelled(key: str, text: str) -> Callable[[Page], object]:
    """Press the words in the widget of a key."""
    return lambda page: page.locator(f".st-key-{key}").get_by_text(text, exact=True).first.click(timeout=20_000)


def button(name: str) -> Callable[[Page], object]:
    """Press a button by its name."""
    return lambda page: page.get_by_role("button", name=name, exact=True).first.click(timeout=20_000)


def tab(name: str) -> Callable[[Page], object]:
    """Open a tab."""
    return lambda page: page.get_by_role("tab", name=name, exact=True).click(timeout=20_000)


def option(key: str, text: str) -> Callable[[Page], object]:
    """Choose from a menu; only the choice counts, not the opening of the menu."""

    def choose(page: Page) -> None:
        menu = page.locator(f".st-key-{key} button[aria-haspopup=listbox]")
        menu = (menu if menu.count() else page.locator(f".st-key-{key} input")).first
        menu.evaluate("element => element.scrollIntoView({ block: 'center' })")
        page.evaluate(IDLE)  # a menu closes when the page scrolls
        menu.click(timeout=20_000)
        page.evaluate("() => { globalThis.watched.at = 0 }")
        page.get_by_role("option", name=text, exact=True).click(timeout=20_000)

    return choose


def arrow(selector: str, key: str) -> Callable[[Page], object]:
    """Press a key in an element."""
    return lambda page: page.locator(selector).first.press(key, timeout=20_000)


def point(page: Page) -> None:
    """Press the first image's point on the first map."""
    page.mouse.click(*page.locator(".fm").evaluate("element => element.featureMap.locate(0, 0)"))


STEPS = "[role=tabpanel]:not([hidden])"
ACTIONS = (
    Action("", "next image", button("Next image"), ".st-key-fooled", True),
    Action("", "magnify", button("Magnify"), ".st-key-fooled", True),
    Action("", "other images: Digits", labelled("images_switch", "Digits")),
    Action("", "a card: See what models learn", press(".st-key-way_feature_maps a")),
    Action("attack", "an image of the sheet", press(".st-key-sheet button >> nth=9"), ".st-key-results"),
    Action("attack", "epsilon, one step", arrow(".st-key-epsilon input[type=range]", "ArrowLeft"), ".st-key-results"),
    Action("attack", "another attack", option("attack", "PGD-10"), ".st-key-results"),
    Action("attack", "another objective", option("objective", "Margin on p'"), ".st-key-results"),
    Action("attack", "story: Next", press(".st-key-story_next button"), ".st-key-results"),
    Action("attack", "story: step 3", labelled("guide", "3 See why"), ".st-key-deeper"),
    Action("attack", "loss surface as a map", labelled("surface", "Map"), ".st-key-deeper"),
    Action("attack", "attribution", tab("Attribution"), ".st-key-deeper"),
    Action("attack", "channels", tab("Channels"), ".st-key-deeper"),
    Action("attack", "the sheet's next page", press(".st-key-sheet_page button >> nth=2"), ".st-key-choices"),
    Action("attack", "one model more", option("attacked", "MART"), ".st-key-results"),
    Action("attack", "undo", press(".toolbar .undo"), ".st-key-results"),
    Action("live", "play", press(".st-key-live .play"), ".st-key-live", True),
    Action("live", "another model", option("attacked", "MART"), ".st-key-live"),
    Action("feature_maps", "adaptive attack", labelled("condition", "Adaptive PGD-10"), ".st-key-maps_stage"),
    Action("feature_maps", "features z", labelled("features", "z"), ".st-key-maps_stage"),
    Action("feature_maps", "both in one", button("Both in one"), ".st-key-maps_stage", True),
    Action("feature_maps", "a point", point, ".st-key-selected"),
    Action("feature_maps", "story: step 3", labelled("story", "3 The model's answers"), ".st-key-maps_stage"),
    Action("feature_maps", "along the steps", labelled("maps_settings", "Along the steps"), ".st-key-maps_stage"),
    Action("robustness", "a row", press(".accuracies tbody tr >> nth=2"), ".st-key-believed"),
    Action("robustness", "a model's verdict", option("trust", "MART"), ".st-key-believed"),
    Action("robustness", "curves under PGD", press(".st-key-curve_attack button >> nth=0"), ".st-key-curves"),
    Action("robustness", "story: Next", press(".st-key-story_next button"), ".st-key-compared"),
    Action("negatives", "next anchor", button("Next"), ".st-key-mechanism"),
    Action("negatives", "population", tab("Population"), STEPS),
    Action("negatives", "pairs by similarity", labelled("pairs", "Similarity"), STEPS),
    Action("negatives", "outcome", tab("Outcome"), STEPS),
    Action("negatives", "figures 3 and 4", tab("Figures 3 and 4"), STEPS),
    Action("negatives", "story: Next", press(".st-key-story_next button"), STEPS),
    Action("train", "another recipe", option("recipe", "TRADES · digits"), ".st-key-outlook"),
    Action("train", "runs", tab("Runs"), STEPS),
    Action("train", "upload", tab("Upload"), STEPS),
    Action("train", "to Robustness", press("header a[href*=robustness]")),
)


def empty_run(shot: bytes, background: tuple[int, int, int]) -> int:
    """Pixels of the longest run of rows of a picture that hold nothing but the background."""
    with tempfile.SpooledTemporaryFile() as file:
        file.write(shot)
        pixels = np.asarray(Image.open(file).convert("RGB")).astype(int)
    blank = (np.abs(pixels - background).max(2) <= 2).all(1)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], blank.view(np.int8), [0]))))
    return int(np.diff(edges)[::2].max(initial=0))


def measure(page: Page, action: Action, shots: Path | None) -> str:
    """One action, as a row."""
    page.evaluate(IDLE)
    background = page.evaluate(BACKGROUND)
    before = empty_run(page.screenshot(), background[:3])
    page.evaluate(ARM, action.where)
    action.act(page)
    page.wait_for_timeout(LOOK)
    shot = page.screenshot()
    at = page.evaluate("watched.at")
    ended = page.evaluate(IDLE)
    seen = page.evaluate("({...watched})")
    after = empty_run(page.screenshot(), background[:3])
    blank = max(0, empty_run(shot, background[:3]) - max(before, after))
    if shots:
        name = f"{action.page or 'home'}-{action.name}".replace(" ", "-").replace(":", "").replace("'", "")
        (shots / f"{name}.png").write_bytes(shot)
    result = seen["drawn"] if action.local else max(ended - at, seen["drawn"] or 0)
    words = seen["words"] if seen["words"] is not None and not action.local else seen["drawn"]
    numbers = ["-" if each is None else f"{each:.0f}" for each in (words, result)]
    return f"| {action.page or 'home'} | {action.name} | {numbers[0]} | {numbers[1]} | {seen['shift']:.2f} | {blank} |"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shots", type=Path, help="keep the pictures of 150 ms after each action in this folder")
    parser.add_argument("--page", help="this page alone")
    parser.add_argument("--address", help="of a server that runs already")
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    given = parser.parse_args()
    if given.shots:
        given.shots.mkdir(parents=True, exist_ok=True)
    print("| page | action | words, ms | result, ms | layout shift | blank, px |")
    print("|---|---|---:|---:|---:|---:|")
    with ExitStack() as held, chromium() as browser:
        address = given.address or held.enter_context(served(workspace())).address
        window = {"width": given.width, "height": given.height}
        for name in dict.fromkeys(action.page for action in ACTIONS):
            if given.page is not None and name != given.page:
                continue
            page = browser.new_page(viewport=window, color_scheme=given.scheme)
            page.goto(f"{address}/{name}")
            page.wait_for_selector("h1", timeout=120_000)
            page.evaluate(WATCH)
            for action in [each for each in ACTIONS if each.page == name]:
                try:
                    print(measure(page, action, given.shots), flush=True)
                except Error as error:
                    print(f"{name}, {action.name}: {error.message.splitlines()[0]}", file=sys.stderr, flush=True)
            page.close()


if __name__ == "__main__":
    main()
