import io
import re
import zipfile

import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

from ancra.checkpoints import Card, save_checkpoint
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings

pytestmark = pytest.mark.browser
SLOWEST = 180_000  # milliseconds; a machine that does much else takes long over two epochs
expect.set_options(timeout=30_000)


def start(page):
    """Start a run of the natural recipe over two epochs, and give its name when it has finished."""
    page.wait_for_selector("text=2 settings differ from the recipe")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_selector("text=Tick up to")
    page.wait_for_function("location.search.includes('runs=')")
    name = re.search(r"runs=([\w.,%-]+)", page.url)[1].replace("%2C", ",").split(",")[-1]
    page.wait_for_selector(f"text=In every page's list of models as Natural · {name}")
    return name


@pytest.mark.slow
def test_runs_are_started_watched_laid_over_one_another_and_deleted(open_browser, settled):
    form = "train?part=New+run&recipe=digits-natural&set=epochs=2"
    page = open_browser(f"{form}&set=seed=1")
    page.set_default_timeout(SLOWEST)
    first = start(page)
    expect(page.locator(".js-plotly-plot").nth(1)).to_be_visible()
    page.get_by_role("tab", name="New run").click()
    page.get_by_role("spinbutton", name="Seed").fill("2")
    page.get_by_role("spinbutton", name="Seed").press("Enter")
    second = start(page)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)  # a new run stands alone
    page.locator(f".st-key-row-{first}").get_by_role("checkbox").check(force=True)
    page.wait_for_selector("text=Settings that differ")
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    # A reload finds the same runs in the same colours.
    page.reload()
    page.wait_for_selector("text=Settings that differ")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    settled(page)
    page.locator(f".st-key-Delete-{first} button").first.click()
    page.wait_for_selector("text=You lose 2 epochs of training and its model")
    page.get_by_role("button", name="Delete it").click()
    page.get_by_text("Deleted in the last day (1)").click()
    expect(page.get_by_text(f"{first} (runs), kept for another")).to_be_visible(timeout=SLOWEST)
    settled(page)
    assert page.get_by_text(second).count() >= 1
    expect(page.get_by_role("checkbox")).to_have_count(1, timeout=SLOWEST)
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_role("checkbox")).to_have_count(2, timeout=SLOWEST)


def pets():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("cat", "dog"):
            for index in range(4):
                picture = io.BytesIO()
                Image.new("RGB", (20, 20), (index * 50, 0, 0)).save(picture, "PNG")
                archive.writestr(f"{name}/{index}.png", picture.getvalue())
    return buffer.getvalue()


def test_a_model_and_images_are_sent_looked_at_and_deleted(open_browser, settled, tmp_path):
    torch.manual_seed(9)
    settings = ModelSettings(width=4)
    classes = tuple("0123456789")
    card = Card(name="sent", title="Sent", dataset="digits", classes=classes, image_shape=(1, 8, 8), model=settings)
    save_checkpoint(build_model(settings, (1, 8, 8), 10).eval(), card, tmp_path / "sent.safetensors")
    (tmp_path / "pets.zip").write_bytes(pets())
    (tmp_path / "half.zip").write_bytes(pets()[:300])
    page = open_browser("train?part=Upload")
    page.set_default_timeout(SLOWEST)
    page.wait_for_selector("text=An archive with one folder a class")
    model, images = (page.locator("input[type=file]").nth(place) for place in (0, 1))
    model.set_input_files(tmp_path / "sent.safetensors")
    page.wait_for_selector("text=Sent · sent is now in every page's list")
    images.set_input_files(tmp_path / "half.zip")
    page.wait_for_selector("text=Nothing was kept")
    images.set_input_files(tmp_path / "pets.zip")
    page.wait_for_selector("text=pets can now be trained on")
    page.wait_for_selector("img[alt=cat]")
    page.get_by_role("button", name="Train on it").click()
    page.wait_for_selector("text=settings differ from the recipe")
    expect(page.get_by_role("button", name="digits → pets")).to_be_visible()
    page.get_by_role("tab", name="Upload").click()
    page.locator(".st-key-delete_images-pets button").click()
    page.get_by_role("button", name="Delete them").click()
    page.wait_for_selector("img[alt=cat]", state="detached")
    page.locator(".st-key-delete-uploads-sent button").click()
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_selector("text=Sent · sent", state="detached")
    settled(page)


@pytest.mark.parametrize("part", ["New+run", "Runs", "Upload"])
def test_every_part_fits_a_phone(open_browser, part):
    page = open_browser(f"train?part={part}", width=390, scheme="dark")
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 1
