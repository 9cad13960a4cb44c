"""Maps as files: a picture for a paper (PDF, SVG, PNG), a table (CSV), and one HTML file that needs no server."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ancra.arrays import Array
from ancra.errors import AncraError
from ancra.figure_files import KINDS, TWO_COLUMNS, figure_bytes, paper_look, write_file
from ancra.figure_files import check_ending as check_kind
from ancra.files import csv_text
from ancra.origin import Origin, signed
from ancra.scenes.scene import Frame, Scene, SceneMap
from ancra.web.assemble import script, style
from ancra.web.page import page
from ancra.web.palette import palette

COLOUR_TITLES: dict[str, str] = {
    "true": "true label",
    "predicted": "predicted label",
    "flipped": "right or wrong prediction",
    "kept": "true neighbours kept on the map",
    "confidence": "confidence of the prediction",
}
COLOURS = palette()
RIGHT, WRONG = COLOURS.natural, COLOURS.adversarial
ENDINGS = ("html", *KINDS, "csv")


_MAPS = """
const maps = createFeatureMap(document.getElementById("maps"));
maps.update(data);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => maps.update(data));
"""
# On a phone the attack's controls stand at the bottom of the screen.
_ROOM = "@media (max-width: 640px) { body { padding-bottom: 130px; } }"
# The controls stand in a shadow root, so that their style and the maps' do not meet.
_WALKING = """
const within = document.getElementById("attack").attachShadow({ mode: "open" });
const bar = document.createElement("div");
Object.assign(bar, { className: "live-stage", tabIndex: 0, role: "group", ariaLabel: "Attack an image of the maps" });
const look = document.createElement("style");
look.textContent = data.style;
within.append(look, bar);
const walking = createWalking(document.getElementById("maps"), bar, data);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", walking.redraw);
"""


def scene_html(
    scene: Scene, title: str = "Feature maps", colour: str = "true", walk: Mapping[str, Any] | None = None
) -> str:
    """One self-contained page: hover, lasso, morphing and filters work without a server.

    Args:
        walk: from ``ancra.scenes.walking``: with it an image of the maps is attacked in the page, and its point walks.
    """
    data: dict[str, Any] = {"scene": scene.payload, "command": {"id": "start", "colour": colour}}
    if walk is None:
        body, look, start = '<div id="maps"></div>', "", script("feature_map") + _MAPS
    else:
        data |= {"walk": walk, "style": style("live") + style("walking")}
        body, look = '<div id="attack"></div><div id="maps"></div>', _ROOM
        start = script("walking") + _WALKING
    return page(title, body, scene.caption, data, style("feature_map") + look, start)


def scene_csv(scene: Scene) -> str:
    """One line a model, image and condition: place on the map, labels, and what else points can be coloured by."""
    return csv_text(
        [
            {
                "model": one.title,
                "condition": frame.title,
                "split": scene.split,
                "index": int(scene.indices[i]),
                "x": f"{frame.positions[i][0]:.5f}",
                "y": f"{frame.positions[i][1]:.5f}",
                "true": scene.classes[int(scene.labels[i])],
                "predicted": scene.classes[int(frame.predicted[i])],
                **{c.id: f"{frame.values[c.id][i]:.4f}" if c.id in frame.values else "" for c in scene.colours},
            }
            for one in scene.maps
            for frame in one.frames
            for i in range(scene.count)
        ]
    )


def scene_picture(
    scene: Scene, kind: str, origin: Origin, colour: str = "true", overlaid: bool = False, words: bool = True
) -> bytes:
    """A figure two columns wide with legend and caption: models from left to right, natural above, adversarial below.

    Args:
        kind: pdf, svg or png.
        origin: where it is from.
        colour: what colours the points; see ``COLOUR_TITLES``.
        overlaid: natural and adversarial in one panel.
        words: with the caption under it; a paper has its own.
    """
    check_colour(colour)
    from matplotlib.figure import Figure

    rows = 1 if overlaid or not scene.attacked else 2
    columns = len(scene.maps)
    side = TWO_COLUMNS / columns
    handles = _handles(scene, colour)
    lines = _legend_lines([handle.get_label() for handle in handles])
    legend, text = 0.19 + 0.15 * lines, _wrapped(f"{scene.caption} Colour: {COLOUR_TITLES[colour]}.") if words else ""
    left, below = (0.2 if rows == 2 else 0.05), (0.1 + 0.125 * (text.count("\n") + 1)) * words
    height = rows * side + 0.25 + legend + below
    with paper_look():
        figure = Figure(figsize=(TWO_COLUMNS, height), dpi=300, facecolor="white")
        grid = figure.subplots(rows, columns, squeeze=False)
        share = (below + legend) / height
        figure.subplots_adjust(left / TWO_COLUMNS, share, 0.995, 1 - 0.25 / height, wspace=0.03, hspace=0.03)
        for column, one in enumerate(scene.maps):
            for row in range(rows):
                axes = grid[row][column]
                frames = one.frames if rows == 1 else one.frames[:: len(one.frames) - 1 or 1][row : row + 1]
                _panel(axes, scene, one, frames, colour)
                if row == 0:
                    axes.set_title(one.title, fontsize=9, pad=3, parse_math=False)
                if column == 0 and scene.attacked and rows == 2:
                    axes.set_ylabel(scene.rows[row], labelpad=2)
        _legend(figure, handles, lines, y=(below + legend * 0.5) / height)
        figure.text(0.012, 0.06 / height, text, fontsize=7, va="bottom", ha="left", parse_math=False)
    return figure_bytes(figure, kind, origin)


def check_ending(path: Path) -> str:
    """The kind of file. Raises AncraError for one that maps cannot be written as: before they are made, which takes
    long."""
    return check_kind(path, ENDINGS, "Maps")


def check_colour(colour: str) -> None:
    """Raise AncraError for what maps cannot be coloured by."""
    if colour not in COLOUR_TITLES:
        raise AncraError(f"Maps cannot be coloured by {colour!r}; choose one of {', '.join(COLOUR_TITLES)}.")


def scene_file(
    scene: Scene, kind: str, origin: Origin, colour: str = "true", walk: Mapping[str, Any] | None = None
) -> bytes:
    """A scene as the content of a file of one of ``ENDINGS``, which says where it is from; ``walk`` is for HTML."""
    if kind in KINDS:
        return scene_picture(scene, kind, origin, colour)
    text = scene_html(scene, colour=colour, walk=walk) if kind == "html" else scene_csv(scene)
    return signed(text.encode(), kind, origin)


def write_scene(
    scene: Scene, path: Path, origin: Origin, colour: str = "true", walk: Mapping[str, Any] | None = None
) -> None:
    """Write a scene to a file of one of ``ENDINGS``; ``walk`` as for ``scene_html``.

    Raises:
        AncraError: another ending, or a file that cannot be written.
    """
    write_file(path, scene_file(scene, check_ending(path), origin, colour, walk))


def _panel(axes: Any, scene: Scene, one: SceneMap, frames: tuple[Frame, ...], colour: str) -> None:
    places = np.concatenate([frame.positions for frame in one.frames])
    low, high = places.min(axis=0), places.max(axis=0)
    middle, half = (low + high) / 2, float((high - low).max()) * 0.53 or 1.0
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half, middle[1] + half)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color="#b5bac4", linewidth=0.6)
    size = float(np.clip(2600 / scene.count, 0.4, 7)) * (4 / max(len(scene.maps), 2)) ** 0.5
    for frame in frames:
        cross = frame.title != scene.rows[0]
        style = {"marker": "x", "linewidths": 0.55} if cross else {"marker": "o", "linewidths": 0}
        axes.scatter(
            *frame.positions.T, c=_colours(scene, frame, colour), s=size, rasterized=scene.count > 5000, **style
        )


def _colours(scene: Scene, frame: Frame, colour: str) -> list[Any] | Array:
    if colour in ("true", "predicted"):
        labels = scene.labels if colour == "true" else frame.predicted
        return [class_colour(int(label), len(scene.classes)) for label in labels]
    if colour == "flipped":
        return [RIGHT if right else WRONG for right in frame.predicted == scene.labels]
    from matplotlib import colormaps

    return colormaps["cividis"](frame.values.get(colour, np.zeros(scene.count)))


def class_colour(label: int, classes: int) -> Any:
    """The colour of a class: the palette's up to ten classes, then evenly spread hues."""
    if classes <= len(COLOURS.classes):
        return COLOURS.classes[label]
    from matplotlib.colors import hsv_to_rgb

    return tuple(hsv_to_rgb(((label * 0.38197) % 1, 0.65 + 0.2 * (label % 2), 0.55 + 0.15 * (label % 3))))


def _handles(scene: Scene, colour: str) -> list[Any]:
    """What the legend names: the two rows, and what the colours stand for."""
    from matplotlib.lines import Line2D

    def handle(text: str, shape: str, shade: Any) -> Any:
        return Line2D([], [], linestyle="", marker=shape, color=shade, markersize=4, label=text)

    handles = [handle(scene.rows[0], "o", "#333"), handle(scene.rows[1], "x", "#333")] if scene.attacked else []
    if colour in ("true", "predicted") and len(scene.classes) <= 20:
        handles += [handle(name, "s", class_colour(i, len(scene.classes))) for i, name in enumerate(scene.classes)]
    elif colour == "flipped":
        handles += [handle("predicted correctly", "s", RIGHT), handle("predicted wrongly", "s", WRONG)]
    elif colour in ("kept", "confidence"):
        handles += [handle("0 %", "s", "#00224e"), handle("50 %", "s", "#7d7c78"), handle("100 %", "s", "#fee838")]
    return handles


def _legend_lines(names: Sequence[str]) -> int:
    """The fewest lines in which the names fit two columns of a paper; they run down each column of the legend."""
    widths = [0.32 + 0.055 * len(name) for name in names]  # Inches of a mark, its gaps and its letters at 7.5 points.
    for lines in range(1, len(widths)):
        if sum(max(widths[start : start + lines]) for start in range(0, len(widths), lines)) <= TWO_COLUMNS:
            return lines
    return max(len(widths), 1)


def _legend(figure: Any, handles: Sequence[Any], lines: int, y: float) -> None:
    options = {"frameon": False, "fontsize": 7.5, "handletextpad": 0.1, "columnspacing": 1.0, "labelspacing": 0.2}
    texts = figure.legend(
        handles=handles, loc="center", bbox_to_anchor=(0.5, y), ncols=-(-len(handles) // lines) or 1, **options
    ).get_texts()
    for text in texts:
        text.set_parse_math(False)  # a class may be called anything


def _wrapped(text: str) -> str:
    import textwrap

    return textwrap.fill(text, 128)
