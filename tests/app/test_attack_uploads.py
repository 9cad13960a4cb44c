"""Pictures that a person sends to the Attack page."""

import io
import json

import numpy as np
from PIL import Image

from ancra.data.files import SUFFIXES


def replayed(at) -> dict:
    """What the replay widget was given."""
    (widget,) = (element for element in at.get("bidi_component") if element.proto.component_name == "ancra.replay")
    return json.loads(widget.proto.json)


def shows(at):
    """The choice of what an uploaded picture shows."""
    return next(box for box in at.selectbox if box.label == "It shows")


def test_an_upload_is_attacked_as_what_it_shows(attack):
    picture = io.BytesIO()
    Image.new("RGBA", (30, 20), (200, 10, 10, 128)).save(picture, "PNG")
    attack.segmented_control(key="source").set_value("Upload").run()
    assert attack.info
    attack.file_uploader[0].upload("mine.png", picture.getvalue()).run()
    assert not attack.error
    assert shows(attack).value is None
    assert "say what it shows" in attack.info[0].value
    shows(attack).set_value("3").run()
    assert not attack.info
    assert replayed(attack)["steps"] == 40
    assert "a 3." in replayed(attack)["intro"]


def test_what_one_picture_shows_is_not_taken_for_the_next(attack):
    attack.segmented_control(key="source").set_value("Upload").run()
    attack.file_uploader[0].upload(*file_of("cmyk")).run()
    shows(attack).set_value("3").run()
    attack.file_uploader[0].upload(*file_of("thin")).run()
    assert shows(attack).value is None


def test_every_kind_of_picture_that_is_read_can_be_chosen(attack):
    attack.segmented_control(key="source").set_value("Upload").run()
    allowed = set(attack.file_uploader[0].proto.type)
    assert allowed >= SUFFIXES


def file_of(kind: str) -> tuple[str, bytes]:
    """A picture of an unusual kind, as a file."""
    buffer = io.BytesIO()
    if kind == "animated":
        frames = [Image.new("P", (20, 20), colour) for colour in (1, 2, 3)]
        frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
        return "mine.gif", buffer.getvalue()
    if kind == "cmyk":
        Image.new("CMYK", (20, 30), (10, 200, 0, 5)).save(buffer, "JPEG")
        return "mine.jpg", buffer.getvalue()
    if kind == "sixteen bits":
        Image.fromarray(np.full((9, 9), 40_000, np.uint16)).save(buffer, "PNG")
        return "mine.png", buffer.getvalue()
    Image.new("L", (3000, 1)).save(buffer, "PNG")
    return "mine.png", buffer.getvalue()


def test_an_unusual_picture_is_attacked_all_the_same(attack, home):
    stored = len(list((home / "results" / "trace").glob("*.npz")))
    attack.segmented_control(key="source").set_value("Upload").run()
    for kind in ("animated", "cmyk", "sixteen bits", "thin"):
        attack.file_uploader[0].upload(*file_of(kind)).run()
        shows(attack).set_value("3").run()
        assert not attack.exception
        assert not attack.error, kind
        assert replayed(attack)["steps"] == 40
    # A person's own picture is not kept.
    assert len(list((home / "results" / "trace").glob("*.npz"))) == stored


def test_a_cut_off_picture_gets_one_sentence(attack):
    name, content = file_of("cmyk")
    attack.segmented_control(key="source").set_value("Upload").run()
    for cut in (0, 20, len(content) - 40):
        attack.file_uploader[0].upload(name, content[:cut]).run()
        assert not attack.exception
        assert len(attack.error) == 1, cut
        assert "did not foresee" not in attack.error[0].value


def test_a_huge_picture_gets_one_sentence(attack, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    attack.segmented_control(key="source").set_value("Upload").run()
    attack.file_uploader[0].upload(*file_of("thin")).run()
    assert not attack.exception
    assert len(attack.error) == 1
    assert "did not foresee" not in attack.error[0].value


def test_an_upload_that_is_no_image_gets_one_sentence(attack):
    attack.segmented_control(key="source").set_value("Upload").run()
    attack.file_uploader[0].upload("mine.png", b"nonsense").run()
    assert [error.value for error in attack.error] == [
        "mine.png is not a readable image (damaged, cut off or of another kind): replace it by a PNG or JPEG."
    ]
    assert not attack.exception


def framed(at) -> dict:
    """What the frame on the photograph was given."""
    (widget,) = (element for element in at.get("bidi_component") if element.proto.component_name == "ancra.crop")
    return json.loads(widget.proto.json)


def test_the_models_see_what_the_frame_holds_and_another_photograph_is_framed_anew(attack):
    halves = io.BytesIO()
    picture = Image.new("L", (40, 20), 0)
    picture.paste(255, (20, 0, 40, 20))
    picture.save(halves, "PNG")
    attack.segmented_control(key="source").set_value("Upload").run()
    attack.file_uploader[0].upload("halves.png", halves.getvalue()).run()
    shows(attack).set_value("3").run()
    first = framed(attack)
    assert (first["ratio"], first["aspect"], first["zoom"], first["centre"]) == (2, 1, 1, [0.5, 0.5])
    seen = replayed(attack)
    attack.slider(key="own_across").set_value(100).run()
    assert framed(attack)["centre"] == [1, 0.5]
    assert replayed(attack) != seen
    attack.file_uploader[0].upload(*file_of("cmyk")).run()
    assert framed(attack)["centre"] == [0.5, 0.5]
