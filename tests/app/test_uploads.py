import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import squeezenet1_1

from ancra.checkpoints import Card, save_checkpoint
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.uploads.checkpoints import uploaded_checkpoints
from ancra.uploads.images import image_sets
from ancra.web.palette import palette
from app.figures.image_sheet import image_sheet

SETTINGS = ModelSettings(width=4)


@pytest.fixture
def page(workspace, clear_caches, visit):
    at = visit("train", part="Upload")
    assert not at.exception
    return at


def network():
    torch.manual_seed(0)
    return build_model(SETTINGS, (1, 8, 8), 10).eval()


@pytest.fixture
def checkpoint(tmp_path):
    card = Card(
        name="sent", title="Sent", dataset="digits", classes=tuple("0123456789"), image_shape=(1, 8, 8), model=SETTINGS
    )
    save_checkpoint(network(), card, tmp_path / "sent.safetensors")
    return (tmp_path / "sent.safetensors").read_bytes()


def pets(side=10):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("cat", "dog <b>"):
            for index in range(4):
                picture = io.BytesIO()
                Image.new("RGB", (side, side), (index * 50, 0, 0)).save(picture, "PNG")
                archive.writestr(f"{name}/{index}.png", picture.getvalue())
    return buffer.getvalue()


def text(page):
    return " ".join(each.value for each in (*page.markdown, *page.caption, *page.info, *page.success, *page.error))


def test_an_empty_workspace_says_what_may_be_sent(page):
    assert "up to 400 MB" in text(page)
    assert text(page).count("Nothing uploaded yet") == 2


def test_a_checkpoint_joins_every_list_and_is_recognised(page, checkpoint):
    page.file_uploader(key="upload_model").upload("mine.safetensors", checkpoint).run()
    assert "**Sent · sent** is now in every page's list" in text(page)
    page.run()
    assert len(uploaded_checkpoints()) == 1
    assert "nothing was added" not in text(page)  # a rerun does not send it again


def test_what_is_no_checkpoint_gets_a_sentence(page):
    page.file_uploader(key="upload_model").upload("mine.safetensors", b"nonsense").run()
    assert "mine.safetensors" in page.error[0].value
    assert page.error[0].value.endswith("Nothing was kept.")


def test_bare_weights_are_asked_about_and_added(page):
    buffer = io.BytesIO()
    torch.save(network().state_dict(), buffer)
    page.file_uploader(key="upload_model").upload("mine.pt", buffer.getvalue()).run()
    assert "small ResNet** for 10 classes of grey images" in page.info[0].value
    page.text_input(key="weights_title").set_value("From afar")
    page.selectbox(key="weights_attention").set_value(2)
    page.button(key="add_weights").click().run()
    (_, card), *others = uploaded_checkpoints()
    assert not others
    assert (card.title, card.model.reverse_attention_blocks) == ("From afar", 2)
    assert "From afar" in text(page)


def test_weights_without_images_and_of_a_network_that_is_named(page):
    torch.manual_seed(0)
    buffer = io.BytesIO()
    torch.save({"weights of mine": torch.nn.Linear(4, 3).state_dict()}, buffer)
    page.file_uploader(key="upload_model").upload("model_best.pth.tar", buffer.getvalue()).run()
    assert "none of the networks here" in page.info[0].value
    assert page.button(key="add_weights").disabled
    buffer = io.BytesIO()
    torch.save({"net": squeezenet1_1(num_classes=3).state_dict()}, buffer)
    page.file_uploader(key="upload_model").upload("mine.ckpt", buffer.getvalue()).run()
    assert "torchvision:squeezenet1_1** for 3 classes of colour images" in page.info[0].value
    assert page.selectbox(key="weights_data").options == ["No images: I say classes and size"]
    page.text_area(key="weights_classes").set_value("cat\ndog").run()
    assert "2 names are given for 3 classes" in page.warning[0].value
    page.text_area(key="weights_classes").set_value("cat\ndog\ncow").run()
    page.button(key="add_weights").click().run()
    (_, card), *others = uploaded_checkpoints()
    assert not others
    assert (card.classes, card.image_shape, card.data.is_none) == (("cat", "dog", "cow"), (3, 32, 32), True)
    assert "no images, 3 classes" in text(page)
    page.session_state["images"] = "Yours"
    page.switch_page("app_pages/attack.py").run()
    assert not page.exception
    assert page.button_group(key="source").options == [
        "Example",
        "Upload",
    ]  # no test image; a cat comes with the project


def test_images_are_shown_and_can_be_trained_on(page):
    page.file_uploader(key="upload_images").upload("Pets.zip", pets()).run()
    assert "**pets** can now be trained on" in text(page)
    assert "2 classes, 8 images" in text(page)
    page.button(key="train_on/pets").click().run()
    assert page.session_state["part"] == "New run"
    assert page.selectbox(key="recipe/digits-trades-ancra/data.name").value == "uploads/pets"
    assert "digits → pets" in " ".join(button.label for button in page.button)


def test_what_is_not_used_of_an_archive_is_counted_on_the_page(page):
    buffer = io.BytesIO(pets())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("loose.png", archive.read(archive.namelist()[0]))
        archive.writestr("notes.pdf", b"")
    page.file_uploader(key="upload_images").upload("pets.zip", buffer.getvalue()).run()
    (table,) = page.dataframe
    assert dict(zip(*(table.value[name] for name in ("Not used", "Count")), strict=True)) == {
        "Images outside of any class folder": 1,
        "Files that are no images that are read here: .pdf": 1,
    }


def test_an_archive_that_leads_elsewhere_is_refused(page):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../cat/1.png", b"")
    page.file_uploader(key="upload_images").upload("pets.zip", buffer.getvalue()).run()
    assert "leads out of the archive" in page.error[0].value
    assert not image_sets()


def test_deleting_asks_first(page, checkpoint):
    page.file_uploader(key="upload_model").upload("mine.safetensors", checkpoint).run()
    page.button(key="delete/uploads/sent").click().run()
    assert "leaves every page's list" in text(page)
    assert len(uploaded_checkpoints()) == 1


def test_names_of_classes_are_text_on_the_sheet():
    sheet = image_sheet({"<b>": np.zeros((2, 3, 8, 8))}, {"<b>": 1200}, {"<b>": 3}, palette())
    assert "&lt;b&gt;" in sheet
    assert "<b>" not in sheet
    assert "1,200 + 3 test" in sheet


def test_what_is_deleted_is_not_taken_in_again_from_a_file_that_is_still_there(page):
    page.file_uploader(key="upload_images").upload("pets.zip", pets()).run()
    page.button(key="delete_images/pets").click().run()
    page.button(key="confirm_delete_images/pets").click().run()
    assert not page.run().exception
    assert image_sets() == []


def test_a_deleted_model_is_not_taken_in_again_from_a_file_that_is_still_there(page, checkpoint):
    page.file_uploader(key="upload_model").upload("mine.safetensors", checkpoint).run()
    page.button(key="delete/uploads/sent").click().run()
    page.button(key="confirm_delete_model/uploads/sent").click().run()
    assert not page.run().exception
    assert uploaded_checkpoints() == []
