"""The tables and the picture cards of the Feature maps page, as HTML."""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from PIL import Image

from ancra.arrays import PixelArray
from ancra.features.measures import MEASURES
from ancra.maps.model_map import ModelMap
from ancra.maps.placement import ImageTrajectory
from ancra.scenes.of_models import format_measure
from ancra.text import percent
from ancra.web.palette import Palette

STYLE = """<style>
.mt { width: 100%; overflow-x: auto; }
.mt table { border-collapse: collapse; width: 100%; font-size: 14px; }
.mt th, .mt td { padding: 5px 10px; text-align: left; vertical-align: top; }
.mt tr { border-bottom: 1px solid rgb(128 128 128 / .25); }
.mt thead th { font-weight: 600; }
.mt .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.mt thead .n { white-space: normal; }
.mt .a { white-space: nowrap; }
.mt .best { font-weight: 700; }
.mt .w { min-width: 17em; opacity: .85; font-size:14px; }
.mc { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--card)), 1fr)); gap: 8px; }
.mc article { border: 1px solid rgb(128 128 128 / .3); border-radius: 8px; padding: 8px 10px; }
.mc { font-size:14px; line-height: 1.35; }
.mc .top { display: flex; justify-content: space-between; gap: 8px; flex-wrap: wrap; }
.mc .row { display: flex; gap: 6px; margin-top: 6px; }
.mc figure { margin: 0; text-align: center; flex: 1 1 0; min-width: 0; }
.mc img { width: 46px; height: 46px; max-width: 100%; object-fit: contain; image-rendering: pixelated; }
.mc img { display: block; margin: 0 auto 2px; }
.mc figcaption { font-size:14px; line-height: 1.25; }
.mc figcaption span { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; opacity: .8; }
.mc b.bad { color: var(--bad); }
</style>"""


def measures_table(maps: Mapping[str, ModelMap]) -> str:
    """Every measure of every map, "natural → adversarial" where there is an attack, with what it means."""
    attacked = any(one.attacked for one in maps.values())
    head = "".join(f'<th class="n" scope="col">{escape(title)}</th>' for title in maps)
    body = []
    for measure in MEASURES:
        values = [[row.get(measure.key) for row in one.measures] for one in maps.values()]
        if all(row[-1] is None for row in values):
            continue
        best = _best([row[-1] for row in values], measure.higher_is_better)
        cells = "".join(
            f'<td class="n{" best" if i in best else ""}">{_pair(measure.key, row)}</td>'
            for i, row in enumerate(values)
        )
        words = escape(measure.sentence)
        body.append(f'<tr><th scope="row">{escape(measure.title)}</th>{cells}<td class="w">{words}</td></tr>')
    note = "natural → adversarial" if attacked else "natural"
    return (
        f'{STYLE}<div class="mt"><table><thead><tr><th scope="col">Measure<br>({note})</th>'
        f'{head}<th scope="col">What it says</th></tr></thead><tbody>{"".join(body)}</tbody></table></div>'
    )


def faithfulness_table(maps: Mapping[str, ModelMap], movements: Mapping[str, float | None]) -> str:
    """How far each map may be believed; ``movements`` by title: the median movement against the first map."""
    first = next(iter(maps))
    rows = []
    for title, one in maps.items():
        trust, seed, moved = (
            one.faithfulness["trustworthiness"],
            one.faithfulness["seed_movement"],
            movements.get(title),
        )
        cells = [percent(one.faithfulness["kept"]), _number(trust, 3), _number(seed, 2), _number(moved, 2)]
        row = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        rows.append(f'<tr><th scope="row">{escape(title)}</th>{row}</tr>')
    neighbours = next(iter(maps.values())).faithfulness["neighbours"]
    heads = (
        f"True {neighbours} neighbours kept",
        "Trustworthiness",
        "Movement by another seed alone",
        f"Movement against {first}",
    )
    head = "".join(f'<th class="n" scope="col">{escape(text)}</th>' for text in heads)
    return (
        f'{STYLE}<div class="mt"><table><thead><tr><th scope="col">Map</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def cards(
    maps: Mapping[str, ModelMap],
    linked: Sequence[str],
    samples: Sequence[int],
    images: PixelArray,
    colours: Palette,
    notes: Mapping[int, str] | None = None,
) -> str:
    """A card an image: natural, adversarial for each model with its answer, and a link to the Attack page.

    Args:
        maps: by title.
        linked: what the Attack page's link calls these models, in the same order.
        samples: positions among the mapped images.
        images: (N, C, H, W) uint8, the natural images of all.
        notes: a line for some of the cards, by sample.
    """
    first = next(iter(maps.values()))
    made = []
    for i in samples:
        label, index = first.classes[int(first.labels[i])], int(first.indices[i])
        figures = [_figure(images[i], f"<span>true</span><b>{escape(label)}</b>")]
        for title, one in maps.items():
            picture = one.pixels[i] if one.pixels is not None else None
            figures.append(_figure(picture, f'<span title="{escape(title)}">{escape(title)}</span>{_answer(one, i)}'))
        link = ""
        if first.settings.features.part == "test":
            query = urlencode({"image": index, "attacked": linked}, doseq=True)
            link = f'<a href="attack?{query}" target="_self">open on the Attack page</a>'
        note = f"<div>{escape(notes[i])}</div>" if notes and i in notes else ""
        made.append(
            f'<article><div class="top"><b>{escape(first.settings.features.part)} image {index}</b>{link}</div>{note}'
            f'<div class="row">{"".join(figures)}</div></article>'
        )
    width = max(270, 70 * (len(maps) + 1))
    return f'{STYLE}<div class="mc" style="--bad:{colours.bad};--card:{width}px">{"".join(made)}</div>'


def trajectory_table(
    trajectories: Mapping[str, ImageTrajectory], classes: Sequence[str], label: int, colours: Palette
) -> str:
    """The answer of every model at every step of the way of one image, wrong ones marked, and how far off it lies."""
    longest = max(trajectories.values(), key=lambda followed: len(followed.titles))
    heads = ["natural", *(["start"] if len(longest.titles) > 1 else []), *range(1, len(longest.titles) - 1)]
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    rows = []
    for title, followed in trajectories.items():
        answers = "".join(
            f'<td class="a">{escape(classes[answer])}</td>'
            if answer == label
            else f'<td class="a" style="color:{colours.bad}"><b>{escape(classes[answer])} ✗</b></td>'
            for answer in followed.predictions.tolist()
        )
        far = (
            f"{followed.distance[0]:.1f} → {followed.distance[-1]:.1f}"
            if len(followed.distance) > 1
            else f"{followed.distance[0]:.1f}"
        )
        rows.append(f'<tr><th scope="row">{escape(title)}</th>{answers}<td class="n">{far}</td></tr>')
    return (
        f'{STYLE}<div class="mt"><table><thead><tr><th scope="col">Predicted at step</th>{head}'
        f'<th class="n" scope="col">Distance</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _answer(one: ModelMap, i: int) -> str:
    true = int(one.labels[i])

    def name(label: int) -> str:
        text = escape(one.classes[label])
        return f"<b>{text}</b>" if label == true else f'<b class="bad">{text} ✗</b>'

    natural = int(one.predictions[i])
    if not one.attacked:
        return name(natural)
    return f"{name(natural)} → {name(int(one.predictions[one.count + i]))}"


def _figure(image: PixelArray | None, words: str) -> str:
    picture = ""
    if image is not None:
        pixels = image.transpose(1, 2, 0)
        buffer = io.BytesIO()
        Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
        picture = f'<img alt="" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'
    return f"<figure>{picture}<figcaption>{words}</figcaption></figure>"


def _pair(key: str, values: Sequence[float | None]) -> str:
    """The natural and the adversarial value; alignment is one value of both."""
    shown = values[-1:] if key.startswith("alignment") else values
    return " → ".join(format_measure(key, value) for value in shown)


def _best(values: Sequence[float | None], higher: bool | None) -> set[int]:
    known = [value for value in values if value is not None]
    if higher is None or len(known) < 2:
        return set()
    goal = max(known) if higher else min(known)
    digits = 2
    return {i for i, value in enumerate(values) if value is not None and round(value, digits) == round(goal, digits)}


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
