"""Exported maps on which an image's point walks while the page attacks the image, without a server."""

import numpy as np
import pytest
from playwright.sync_api import expect

from ancra.checkpoints import resolve_checkpoint
from ancra.errors import AncraError
from ancra.maps.settings import ModelMapSettings
from ancra.origin import read_origin
from ancra.scenes.export import write_scene
from ancra.scenes.of_models import maps_of_checkpoints, scene_of_maps
from ancra.scenes.origin import map_origin
from ancra.scenes.walking import walking
from ancra.store import Store

pytestmark = pytest.mark.browser
MAP = "document.querySelector('.fm').featureMap"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The exported maps of two networks as a file."""
    folder = tmp_path_factory.mktemp("walking")
    paths = [resolve_checkpoint(name) for name in ("digits/trades-ancra", "digits/pgd-at")]
    settings = ModelMapSettings()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANCRA_HOME", str(folder / "workspace"))
        maps = maps_of_checkpoints(paths, settings)
        walk = walking(paths, maps, Store())
        write_scene(scene_of_maps(paths, maps), folder / "maps.html", map_origin(paths, settings), walk=walk)
    return folder / "maps.html"


@pytest.fixture
def opened(exported, browser):
    """Opens the file, under reduced motion unless told otherwise; what it asked for is in ``page.asked``."""
    pages = []

    def go(**options):
        page = browser.new_page(**{"reduced_motion": "reduce", **options})
        page.asked, page.errors = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(exported.as_uri())
        page.locator(".fm[data-ready]").wait_for()
        pages.append(page)
        return page

    yield go
    for page in pages:
        assert not [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))]
        assert not page.errors
        page.close()


def test_a_file_of_two_networks_is_small(exported):
    assert exported.stat().st_size < 3e6
    assert "ancra map" in read_origin(exported).command


def test_a_picked_image_walks_from_its_own_point_over_every_map(opened):
    page = opened()
    page.get_by_role("button", name="Next image").click()
    expect(page.locator(".readout .said b").nth(1)).to_be_visible()
    for step in range(1, 13):
        page.get_by_role("button", name="One step on (right)").click()
        expect(page.locator(".where")).to_have_text(f"Step {step}")
    ways = page.evaluate(f"{MAP}.ways()")
    sample = page.evaluate(f"{MAP}.selection().indexOf(1)")
    for index, way in enumerate(ways):
        own = page.evaluate(
            f"([m, n]) => Array.from({MAP}.scene().maps[m].frames[0].xy.slice(2 * n, 2 * n + 2))", [index, sample]
        )
        assert way["xy"][0] == own
        assert len(way["xy"]) == len(way["predicted"]) == 13
        label = page.evaluate(f"{MAP}.scene().labels[{sample}]")
        assert way["predicted"][0] == label
    assert any(np.ptp(way["xy"], axis=0).max() > 0.1 for way in ways)
    expect(page.locator("p.live")).to_contain_text("says")


def test_the_keyboard_alone_picks_an_image_and_steps(opened):
    page = opened()
    page.locator(".fm-panel").first.focus()
    for key in ("n", "n", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".call .status")).to_contain_text("Attacked: test image")
    page.locator(".live-stage").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".where")).to_have_text("Step 1")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".where")).to_have_text("Step 0")
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator(".call .status")).to_contain_text("Press a point")
    assert page.evaluate(f"{MAP}.ways()") == []


def test_it_plays_by_itself_and_epsilon_is_moved_meanwhile(opened):
    page = opened(reduced_motion="no-preference", viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="Next image").click()
    slider = page.get_by_label("Epsilon: how far a pixel may move")
    slider.press("End")
    expect(page.locator(".where")).to_have_text("Step 40", timeout=60_000)
    for part in (".row.time .play", ".row.size input"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.99)


def test_networks_of_other_images_are_not_put_on_one_page(workspace):
    paths = [resolve_checkpoint(name) for name in ("digits/trades", "fashion_mnist/trades")]
    with pytest.raises(AncraError, match="other images or classes"):
        walking(paths, {}, Store())
