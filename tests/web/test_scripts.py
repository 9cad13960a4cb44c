"""The scripts that run in a browser: each widget loads as one module, and the shared parts compute what they say."""

import base64
import json
from itertools import combinations

import pytest

from ancra.web.assemble import FOLDER, script, style
from ancra.web.palette import palette

WIDGETS = sorted(path.name for path in FOLDER.iterdir() if (path / f"{path.name}.js").is_file())
SHARED = sorted(path for path in (FOLDER / "shared").glob("*.js"))
pytestmark = pytest.mark.browser


def evaluate(page, module: str, expression: str):
    """What an expression gives in which ``it`` is the module."""
    return page.evaluate(f"import('/shared/{module}.js').then((it) => {expression})")


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_is_one_module_with_a_default_function(blank, name):
    kind = blank.evaluate(
        "text => import(URL.createObjectURL(new Blob([text], {type: 'text/javascript'}))).then(m => typeof m.default)",
        script(name),
    )
    assert kind == "function"
    assert "\nimport " not in script(name)
    assert style(name)


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.stem)
def test_a_shared_module_loads_by_itself(blank, path):
    assert blank.evaluate(f"import('/shared/{path.name}').then(m => Object.keys(m).length)") > 0


def test_the_assembled_script_holds_each_part_once():
    text = script("mechanism")
    assert text.count("function write(") == 1
    assert text.index("function write(") < text.index("export default")


def test_bits_survive_packing(blank):
    flags = [index % 3 == 0 for index in range(8195)]
    packed = evaluate(blank, "codec", f"it.packBits({json.dumps([int(flag) for flag in flags])})")
    raw = base64.b64decode(packed)
    assert [bool(raw[index >> 3] >> (index & 7) & 1) for index in range(8195)] == flags
    again = evaluate(blank, "codec", f"[...it.unpackBits({json.dumps(packed)}, 8195)]")
    assert [bool(flag) for flag in again] == flags


def test_typed_arrays_are_decoded(blank):
    packed = {"dtype": "u16", "data": base64.b64encode(bytes([1, 0, 0, 1])).decode()}
    assert evaluate(blank, "codec", f"[...it.decode({json.dumps(packed)})]") == [1, 256]
    assert evaluate(blank, "codec", "it.decode(null)") is None


@pytest.mark.parametrize(("share", "text"), [(1, "> 99.9 %"), (0.5, "50.0 %"), (0, "< 0.1 %")])
def test_a_probability_is_never_quite_certain(blank, share, text):
    assert evaluate(blank, "codec", f"it.percent({share})") == text


def test_what_lies_inside_a_polygon(blank):
    # A polygon with a notch: the third point lies in it, so outside.
    inside = evaluate(blank, "geometry", "[...it.insidePolygon([1,1, 5,5, 2,3.5], 3, [[0,0],[4,0],[4,4],[2,2],[0,4]])]")
    assert inside == [1, 0, 0]


def test_scales_are_one_two_or_five_times_a_power_of_ten(blank):
    assert evaluate(blank, "geometry", "[0.7, 1, 19, 20, 4999].map(it.nice)") == [0.5, 1, 10, 20, 2000]


def test_values_are_mixed_on_a_straight_line(blank):
    assert evaluate(blank, "geometry", "it.between([0, 0.5, 1], [[0, 0], [1, 2], [3, 2]], 0.75)") == [2, 2]


@pytest.mark.parametrize(
    ("part", "ratio", "aspect", "frame"),
    [
        ({"zoom": 1, "x": 0.5, "y": 0.5}, 2, 1, [0.5, 0, 1, 1]),
        ({"zoom": 2, "x": 1, "y": 0}, 2, 1, [1.5, 0, 0.5, 0.5]),
        ({"zoom": 1, "x": 0, "y": 1}, 0.5, 1, [0, 0.5, 0.5, 0.5]),
    ],
)
def test_the_frame_on_a_photograph_is_the_part_that_is_read_of_it(blank, part, ratio, aspect, frame):
    given = f"({json.dumps(part)}, {ratio}, {aspect})"
    assert blank.evaluate(f"import('/crop/crop.js').then((it) => it.frameOf{given})") == pytest.approx(frame)
    left, top, width, height = frame
    around = f"([{left + width / 2}, {top + height / 2}], {part['zoom']}, {ratio}, {aspect})"
    back = blank.evaluate(f"import('/crop/crop.js').then((it) => it.partAround{around})")
    # Where there is no room to move, no place is another one.
    free = {"zoom": True, "x": ratio > width, "y": height < 1}
    assert {key: back[key] for key in part if free[key]} == pytest.approx({k: part[k] for k in part if free[k]})


def test_a_frame_stays_on_the_photograph_and_zooms_within_bounds(blank):
    asked = "[it.partAround([9, -9], 9, 2, 1), it.partAround([0, 0.5], 0, 2, 1)]"
    far, whole = blank.evaluate(f"import('/crop/crop.js').then((it) => {asked})")
    assert far == {"zoom": 4, "x": 1, "y": 0}
    assert whole == {"zoom": 1, "x": 0, "y": 0.5}


def test_a_map_is_seen_as_before_unless_other_points_do_not_fit(blank):
    frames = "[{ xy: [0, 0, 10, 5] }, { xy: [%s] }]"
    fits = [
        blank.evaluate(f"import('/feature_map/scene.js').then((it) => it.fitOf({frames % other}))")
        for other in ("-0.4, 1, 10.4, 2", "-3, 1, 9, 9")
    ]
    assert fits == [[0, 0, 10, 5], [-3, 0, 10, 9]]


def test_words_on_a_picture_stand_inside_it_and_apart(blank):
    words = [(5, 50, 60), (20, 52, 60), (25, 49, 60), (150, 99, 80), (170, 99, 80), (100, 20, 30)]
    given = str([dict(zip(("x", "y", "width"), word, strict=True)) for word in words]).replace("'", "")
    placed = evaluate(blank, "geometry", f"it.spread({given}, 10, 180, 100)")
    for word in placed:
        assert word["width"] / 2 <= word["x"] <= 180 - word["width"] / 2
        assert 5 <= word["y"] <= 95
    for one, other in combinations(placed, 2):
        beside = abs(one["x"] - other["x"]) >= (one["width"] + other["width"]) / 2
        assert beside or abs(one["y"] - other["y"]) > 9.9
    assert placed[-1] == {"x": 100, "y": 20, "width": 30}, "one that is in nobody's way stays where it is"


def test_of_more_words_than_fit_those_are_left_out_that_lie_on_others(blank):
    words = str([{"x": 50, "y": 10 + 4 * place, "width": 60} for place in range(10)]).replace("'", "")
    placed = evaluate(blank, "geometry", f"it.spread({words}, 10, 100, 100)")
    assert [word and word["y"] for word in placed] == [10, None, None, 22, None, None, 34, None, None, 46]


@pytest.mark.parametrize("dark", [False, True])
def test_classes_have_the_colours_that_figures_have(blank, dark):
    found = evaluate(blank, "theme", f"[...Array(10).keys()].map(i => it.classColour(i, 10, {str(dark).lower()}))")
    assert tuple(found) == palette(dark).classes
    many = evaluate(blank, "theme", "[...Array(200).keys()].map(i => it.classColour(i, 200, false))")
    assert len(set(many)) > 150


COLOURS = "[[255, 255, 255], [0, 0, 200], [200, 100, 0]]"


def test_a_change_of_a_grey_pixel_is_blue_where_darker_and_orange_where_brighter(blank):
    drawn = [
        evaluate(blank, "film", f"it.changed([100,100,100], [{v},{v},{v}], 100, true, {COLOURS})")
        for v in (100, 200, 0, 150)
    ]
    assert drawn == [[255, 255, 255], [200, 100, 0], [0, 0, 200], [228, 178, 128]]


def test_a_change_of_a_coloured_pixel_is_added_to_mid_grey(blank):
    assert evaluate(blank, "film", f"it.changed([10,20,30], [10,30,20], 20, false, {COLOURS})") == [128, 191, 64]


SEEN = """(opens) => import("/shared/seen.js").then(async (it) => {
  const box = document.body.appendChild(document.createElement("p"))
  const begun = []
  const begin = () => begun.push(getComputedStyle(box).visibility)
  it.onceSeen(box, begin)
  box.style.visibility = "hidden"
  it.onceSeen(box, begin)
  it.onceSeen(box, begin)()
  const before = begun.length
  box.style.visibility = "visible"
  opens === "attribute"
    ? document.documentElement.toggleAttribute("data-opened")
    : box.dispatchEvent(new Event("animationend", { bubbles: true }))
  await Promise.resolve()
  box.remove()
  return [before, begun]
})"""


@pytest.mark.parametrize("opens", ["attribute", "animation"])
def test_what_plays_by_itself_begins_at_once_or_when_its_page_is_seen(blank, opens):
    assert blank.evaluate(SEEN, opens) == [1, ["visible", "visible"]]


def test_no_script_is_long():
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in FOLDER.rglob("*.js")}
    assert {name: length for name, length in lengths.items() if length > 300} == {}
