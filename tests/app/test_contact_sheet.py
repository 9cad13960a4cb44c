"""The contact sheet of the Attack page."""

import json

import numpy as np

from ancra.evaluation.breaking import Breaking

PLAIN = "Tiny plain · tiny-plain"


def on_sheet(at) -> dict:
    """What the contact sheet was given."""
    name = "ancra.contact_sheet"
    (widget,) = (each for each in at.get("bidi_component") if each.proto.component_name == name)
    return json.loads(widget.proto.json)


def test_the_sheet_is_sent_page_by_page_and_opens_where_the_image_is(open_page):
    at = open_page("attack", attacked=[PLAIN], image="200")
    sheet = on_sheet(at)
    assert len(sheet["names"]) == 160
    assert (sheet["names"][0].split(":")[0], sheet["selected"]) == ("Test image 160", 40)
    at.session_state["sheet_page"] = 3
    at.run()
    assert not at.exception
    assert (len(on_sheet(at)["names"]), on_sheet(at)["selected"]) == (450 - 2 * 160, -1)
    at.number_input(key="image").set_value(5).run()
    assert on_sheet(at)["selected"] == 5


def test_those_that_break_first_stand_in_front_and_say_what_broke_them(open_page, monkeypatch):
    order = Breaking(np.array([7, 3, 9, 4]), ("pgd", "adaptive", "", "natural"))
    monkeypatch.setattr("app.parts.attack.sheet.order_of_breaking", lambda name: order)
    at = open_page("attack", attacked=[PLAIN], image="3", order="Those that break first")
    sheet = on_sheet(at)
    assert [name.split(":")[0] for name in sheet["names"]] == [f"Test image {row}" for row in (7, 3, 9, 4)]
    assert [name.rpartition(", ")[2] for name in sheet["names"]] == [
        "broken by PGD",
        "broken by Adaptive PGD",
        "no stored attack broke it",
        "wrong without an attack",
    ]
    assert sheet["selected"] == 1
    assert "PGD breaks 1; Adaptive PGD breaks 1 more; 1 hold; 1 are answered wrongly" in " ".join(
        each.value for each in [*at.markdown, *at.caption]
    )


def test_small_pictures_are_enlarged_as_one_likes(open_page):
    def styles(at) -> str:
        return " ".join(element.proto.body for element in at.get("html"))

    assert "--enlarged" not in styles(open_page("attack", attacked=[PLAIN]))
    assert "--enlarged: auto" in styles(open_page("attack", attacked=[PLAIN], smooth="true"))
