"""The pictures of the README, taken from the running app: ``python -m docs.tools.pictures``."""

import io
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from benchmarks.chromium import chromium
from benchmarks.serving import served

FOLDER = Path(__file__).parents[1] / "images"
STILLS = {
    "attack": ("attack", ".replay .model"),
    "live": ("live?objective=margin_first", ".walk svg >> nth=1"),
    "feature-maps": ("feature_maps", ".fm[data-ready]"),
    "negatives": ("negatives", ".mechanism .board"),
}
WIDTH, HEIGHT = 1440, 900
MOVING_WIDTH, COLOURS, FRAME = 880, 64, 300  # pixels, colours, milliseconds


def main() -> None:
    """Start the app on an empty workspace, look at it, and stop it again."""
    with tempfile.TemporaryDirectory() as home, served(Path(home)) as server, chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        moving(page, server.address)
        for name, (where, sign) in STILLS.items():
            page.goto(f"{server.address}/{where}")
            page.locator(sign).first.wait_for(timeout=120_000)
            _settle(page)
            page.screenshot(path=FOLDER / f"{name}.png")
            print(f"{name}.png", flush=True)


def moving(page: Page, address: str) -> None:
    """Home's attack as an animated picture, one frame a step of the page's clock, however long a picture takes."""
    page.clock.install()
    page.goto(address)
    widget = page.locator(".fooled")
    page.get_by_role("button", name="Play again").wait_for(timeout=60_000)
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.get_by_role("button", name="Play again").click()
    frames: list[Any] = []
    step = ""
    while "20 of 20" not in step:
        page.clock.run_for(FRAME)
        step = widget.locator(".where").inner_text()
        shot = Image.open(io.BytesIO(widget.screenshot())).convert("RGB")
        size = (MOVING_WIDTH, shot.height * MOVING_WIDTH // shot.width)
        frames.append(shot.resize(size, Image.Resampling.LANCZOS).quantize(COLOURS))
    page.clock.resume()
    times = [FRAME] * (len(frames) - 1) + [3000]
    frames[0].save(FOLDER / "home.gif", save_all=True, append_images=frames[1:], loop=0, duration=times)
    print(f"home.gif, {(FOLDER / 'home.gif').stat().st_size / 1e6:.2f} MB", flush=True)


def _settle(page: Page) -> None:
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')", timeout=120_000)
    page.wait_for_timeout(1500)  # for figures that glide to their places


if __name__ == "__main__":
    main()
