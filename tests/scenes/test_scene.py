import base64
import json

import numpy as np
import pytest

from ancra.errors import AncraError
from ancra.scenes.scene import Frame, Scene, SceneMap, pack_selection, packed, unpack_selection


def read(entry):
    kinds = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i32": "<i4", "f32": "<f4"}
    return np.frombuffer(base64.b64decode(entry["data"]), kinds[entry["dtype"]])


def test_the_payload_is_json_and_gives_the_positions_back(make_scene):
    scene = make_scene()
    data = json.loads(json.dumps(scene.payload))
    x0, y0, x1, y1 = data["bounds"]
    xy = read(data["maps"][1]["frames"][0]["xy"]).reshape(-1, 2) / 65_535 * [x1 - x0, y1 - y0] + [x0, y0]
    np.testing.assert_allclose(xy, scene.maps[1].frames[0].positions, atol=1e-3)
    assert read(data["labels"]).tolist() == scene.labels.tolist()
    assert read(data["maps"][0]["frames"][0]["values"]["kept"]).tolist() == [255] * scene.count


def test_the_payload_has_a_name_that_changes_with_its_content(make_scene):
    assert make_scene().payload["id"] == make_scene().payload["id"]
    assert make_scene().payload["id"] != make_scene(attacked=False).payload["id"]


def test_the_payload_of_ten_thousand_points_stays_small(make_scene):
    scene = make_scene(count=10_000, models=1)
    assert len(json.dumps(scene.payload)) < 2_000_000


@pytest.mark.parametrize("wrong", ["", "%%%", "AA", None])
def test_a_malformed_selection_selects_nothing(wrong):
    assert unpack_selection(wrong, 6).tolist() == []


def test_a_selection_survives_the_way_to_the_widget_and_back():
    chosen = np.array([0, 7, 8, 99])
    assert unpack_selection(pack_selection(chosen, 100), 100).tolist() == chosen.tolist()
    assert pack_selection(np.array([], int), 100) == ""


def test_the_smallest_type_is_chosen():
    assert packed(np.array([255]))["dtype"] == "u8"
    assert packed(np.array([256]))["dtype"] == "u16"


def test_places_that_are_not_finite_are_refused(make_scene):
    scene = make_scene()
    frame = Frame("Natural", np.full((6, 2), np.nan, np.float32), scene.labels)
    with pytest.raises(AncraError, match="not finite"):
        Scene(scene.classes, scene.labels, scene.indices, "test", scene.rows, (SceneMap("Broken", (frame,)),))


def test_an_empty_scene_is_refused(make_scene):
    scene = make_scene()
    with pytest.raises(AncraError, match="nothing to draw"):
        Scene(scene.classes, scene.labels, scene.indices, "test", scene.rows, ())
