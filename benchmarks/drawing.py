"""Milliseconds that a map of 10,000 points takes for a frame, and the store for a result of 1,000 features.

    python benchmarks/drawing.py

Needs requirements-dev.txt and a Chromium ($CHROMIUM, or on the PATH). Aims: 16 ms a frame, 50 ms a result.
"""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from chromium import chromium

from ancra.scenes.export import scene_html
from ancra.scenes.scene import ColourMeasure, Frame, Scene, SceneMap
from ancra.store import Store

POINTS, FRAMES, READS = 10_000, 15, 5


def scene(count: int) -> Scene:
    """Random points of ten classes, natural and attacked."""
    random = np.random.default_rng(0)
    labels, titles = np.arange(count) % 10, ("Natural", "PGD-10")
    frames = tuple(
        Frame(title, random.normal(size=(count, 2)).astype(np.float32), labels, {"kept": np.ones(count)})
        for title in titles
    )
    neighbours = (np.arange(2 * count)[:, None] + np.arange(1, 3)) % (2 * count)
    images = np.zeros((count, 1, 8, 8), np.uint8)
    shown = SceneMap("Random", frames, neighbours, images=images)
    return Scene(
        tuple("abcdefghij"),
        labels,
        np.arange(count),
        "test",
        titles,
        (shown,),
        images,
        (ColourMeasure("kept", "Kept"),),
    )


def frame_milliseconds() -> float:
    """Median over frames half-way between natural and attacked."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        file = Path(folder) / "map.html"
        file.write_text(scene_html(scene(POINTS)), encoding="utf-8")
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(file.as_uri())
        page.wait_for_selector(".fm[data-ready]")
        page.get_by_role("button", name="Morph").click()
        page.locator(".fm-morph input").fill("0.5")
        draw = "map.drawNow(); return map.stats.frameMs;"
        times = page.locator(".fm").evaluate(
            f"element => {{ const map = element.featureMap;"
            f" return Array.from({{length: {FRAMES}}}, () => {{ {draw} }}); }}"
        )
    return statistics.median(times)


def read_milliseconds() -> float:
    """The best of a few reads."""
    arrays = {"features": np.zeros((1000, 512), np.float32), "pixels": np.zeros((1000, 1, 8, 8), np.uint8)}
    with tempfile.TemporaryDirectory() as folder:
        store = Store([Path(folder)])
        store.put("features", "a1", arrays=arrays, meta={})
        times = []
        for _ in range(READS):
            began = time.perf_counter()
            store.get("features", "a1")
            times.append(time.perf_counter() - began)
    return 1000 * min(times)


if __name__ == "__main__":
    print(f"a frame of {POINTS:,} points: {frame_milliseconds():.1f} ms")
    print(f"a stored result of 1,000 features: {read_milliseconds():.1f} ms")
