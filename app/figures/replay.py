"""What the replay widget shows of an attack: every step of a stored trace, made ready for the browser."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

from ancra.arrays import FloatArray, IntArray, PixelArray
from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace
from ancra.web.palette import Palette
from app.figures import pictures
from app.words import attack as words

MOST_BARS = 12
"""Classes whose probability is drawn; of more classes only those that matter in the trace."""


@dataclass(frozen=True)
class Replayed:
    """One model's part of the replay: its name for people, and the trace of the attack on it."""

    title: str
    trace: AttackTrace
    settings: AttackSettings


def replay(
    models: Sequence[Replayed], intro: str, classes: tuple[str, ...], label: int, widest: float, colours: Palette
) -> dict[str, Any]:
    """All that the widget needs to play the traces without asking anybody.

    Args:
        models: at least one; traces of one image, of equal length, of the same attack.
        intro: the sentence beside the natural image. ``**bold**`` is understood in every text.
        label: the true class.
        widest: the change of a pixel that gets the full colour, in [0, 1] pixel values, whatever epsilon is.

    Returns:
        A JSON-able table. ``key`` names its content, so that the widget is built again only when that changes.
    """
    first = models[0]
    start = "a random point within epsilon" if first.settings.start != "none" else "the natural image"
    payload = {
        "steps": len(first.trace.images) - 1,
        "natural": {**_film(pictures.crisp(first.trace.natural[0], 1)[None]), "name": f"a {classes[label]}"},
        "intro": intro,
        "hint": f"Step 0 is {start}. Nothing is computed again.",
        "label": label,
        "change": pictures.scales(widest, first.settings.epsilon, grey=first.trace.natural.shape[1] == 1),
        "classes": list(classes),
        "classColours": list(colours.classes),
        "colours": {name: value for name, value in asdict(colours).items() if isinstance(value, str)},
        "models": [_model(model, classes, label) for model in models],
    }
    payload["key"] = hashlib.sha256(json.dumps(payload).encode()).hexdigest()[:16]
    return payload


def shown_classes(*chances: FloatArray, label: int) -> list[int]:
    """The classes to draw, in their own order: all of them, or the true one and those that get most at any step."""
    count = chances[0].shape[-1]
    if count <= MOST_BARS:
        return list(range(count))
    highest = np.max([part.reshape(-1, count).max(axis=0) for part in chances], axis=0)
    highest[label] = np.inf
    return sorted(np.argsort(-highest, kind="stable")[: MOST_BARS - 2].tolist())


def runs(values: IntArray) -> list[tuple[int, int]]:
    """(value, how many in a row) along (S,) whole numbers."""
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    lengths = np.diff(np.r_[starts, len(values)])
    return [(int(values[start]), int(length)) for start, length in zip(starts, lengths, strict=True)]


def _model(model: Replayed, classes: tuple[str, ...], label: int) -> dict[str, Any]:
    trace, epsilon = model.trace, model.settings.epsilon
    logits, auxiliary, images = trace.logits[:, 0], trace.auxiliary[:, 0], trace.images[:, 0]
    final, blocks = softmax(logits, axis=-1), auxiliary.shape[1]
    heads = [("p', the final answer", "p' (final)", softmax(trace.natural_logits[0], axis=-1), final, "final")]
    if blocks:
        before, after = softmax(trace.natural_auxiliary[0, 0], axis=-1), softmax(auxiliary[:, 0], axis=-1)
        heads.append(("p, before any attention", "p (first auxiliary)", before, after, "auxiliary"))
    shown = shown_classes(*(after for _, _, _, after, _ in heads), label=label)
    some = f" ({len(shown)} of {len(classes)} classes)" if len(shown) < len(classes) else ""
    strips = [(f"row, block {block + 1}", trace.attended[:, 0, block]) for block in range(blocks)]
    return {
        "title": model.title,
        "images": _film(np.stack([pictures.crisp(image, 1) for image in images])),
        "answers": [words.answer(row, classes) for row in logits],
        "outcome": words.outcome(trace, classes),
        "sizes": [
            words.perturbation_sentence(image - trace.natural[0], epsilon, model.settings.norm) for image in images
        ],
        "shown": shown,
        "bars": [
            {"title": title + some, "before": _short(before[shown]), "after": _short(after[:, shown])}
            for title, _, before, after, _ in heads
        ],
        "notes": [
            words.bars_sentence(row, first, label, classes) for row, first in zip(logits, auxiliary, strict=True)
        ],
        "without": "" if blocks else "This model has no reverse attention: p' is its only answer, there is no p.",
        "course": [
            {"name": name, "colour": colour, "values": _short(after[:, label])} for _, name, _, after, colour in heads
        ],
        "strips": [{"name": name, "runs": runs(row)} for name, row in [*strips, ("answer", trace.predicted[:, 0])]],
    }


def _film(frames: PixelArray) -> dict[str, Any]:
    """(S, h, w, 3) uint8 as what a canvas takes."""
    return {
        "height": frames.shape[1],
        "width": frames.shape[2],
        "pixels": base64.b64encode(np.ascontiguousarray(frames).tobytes()).decode(),
    }


def _short(values: FloatArray) -> Any:
    return np.round(values.astype(np.float64), 4).tolist()
