"""Figures are saved from the page: as they are seen, and drawn for a paper."""

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def saved(page, figure, button):
    """The file that a button of a figure's popover gives; ``button`` finds it in there."""
    popover = page.locator("[data-testid=stPopoverBody]")
    if not popover.count():
        figure.get_by_role("button", name="Save figure").click()
    with page.expect_download() as download:
        button(popover).click()
    return download.value


def seen_as(popover, kind):
    """The button that saves the figure as it is seen."""
    return popover.locator(".as-seen").get_by_role("button", name=kind)


def test_a_figure_is_saved_as_it_is_seen(open_browser, tmp_path):
    page = open_browser("attack?image=3")
    chart = page.locator("[class*=st-key-losses_] .js-plotly-plot").first
    expect(chart).to_be_visible()
    expect(chart.locator(".modebar-btn")).to_be_hidden()
    hidden = chart.locator(".legendtoggle").first
    name = chart.locator(".legendtext").first.text_content()
    hidden.click()
    place = page.locator("[data-testid=stLayoutWrapper]", has=page.locator("[class*=st-key-save-losses_]")).last
    picture, drawing = (
        saved(page, place, lambda popover, kind=kind: seen_as(popover, kind)) for kind in ("PNG", "SVG")
    )
    assert picture.suggested_filename.startswith("objectives-on-")
    picture.save_as(tmp_path / "seen.png")
    with Image.open(tmp_path / "seen.png") as image:
        seen = chart.bounding_box()
        assert image.size == pytest.approx((seen["width"] * 2, seen["height"] * 2), abs=2)
        assert image.convert("RGBA").getpixel((1, 1)) == (255, 255, 255, 255)
    drawing.save_as(tmp_path / "seen.svg")
    text = (tmp_path / "seen.svg").read_text()
    assert text.startswith("<svg") and name in text  # noqa: PT018
    paper = saved(page, place, lambda popover: popover.locator("[data-testid=stDownloadButton] button").last)
    assert paper.suggested_filename == drawing.suggested_filename


def test_a_landscape_is_saved_as_it_is_turned(open_browser, tmp_path):
    page = open_browser("attack?image=3&look=Loss+surface&surface=3-D")
    chart = page.locator("[class*=st-key-surface_] .js-plotly-plot").first
    expect(chart.locator("canvas").first).to_be_visible(timeout=60_000)
    place = page.locator("[data-testid=stLayoutWrapper]", has=page.locator("[class*=st-key-save-surface_]")).last
    picture = saved(page, place, lambda popover: seen_as(popover, "PNG"))
    picture.save_as(tmp_path / "seen.png")
    with Image.open(tmp_path / "seen.png") as image:
        colours = image.convert("RGB").getcolors(1 << 22)
        assert len(colours) > 100  # The landscape, not an empty scene.
