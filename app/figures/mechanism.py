"""What the mechanism widget shows of one anchor: the batch, each strategy's negative, forces and steps."""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ancra.arrays import FloatArray
from ancra.negatives.settings import PRESETS
from ancra.strategies.known import title_of
from ancra.strategies.mechanism import BatchMechanism
from ancra.strategies.pair import ALPHAS, HeadPair, PairMechanism
from ancra.web.palette import Palette
from app.figures import pictures
from app.words import mechanism as say

THUMBNAIL = 24
"""Larger images are shrunk to this many pixels for the picture of the batch."""
MARKS = {"random": "R", "soft_ls": "S", "hard_ls": "H", "targeted_attack": "T"}


def mechanism_payload(
    batch: BatchMechanism,
    pairs: Mapping[str, PairMechanism],
    anchor: int,
    classes: tuple[str, ...],
    alpha: float,
    colours: Palette,
) -> dict[str, Any]:
    """All that the widget needs for one anchor, without asking anybody.

    Args:
        anchor: its position in the batch. alpha: where the slider starts.

    Returns:
        A JSON-able table. ``key`` names its content.
    """
    label, answer = int(batch.labels[anchor]), int(batch.predicted[anchor])
    chances = batch.logits[anchor].softmax(dim=0)
    columns = math.ceil(math.sqrt(2 * len(batch.labels)))
    payload = {
        "anchor": anchor,
        "order": batch.order.tolist(),
        "picture": picture(batch.images[anchor].numpy()),
        "label": label,
        "answer": answer,
        "confidence": short(float(chances.max())),
        "classes": list(classes),
        "kinds": [say.kind(name) for name in classes],
        "classColours": [colours.class_colour(index) for index in range(len(classes))],
        "sprite": pictures.sprite(thumbnails(batch), columns),
        "columns": columns,
        "labels": batch.labels.tolist(),
        "answers": batch.predicted.tolist(),
        "alpha": alpha,
        "alphas": list(ALPHAS),
        "heads": [_head(batch, index, next(iter(pairs.values())).heads[index]) for index in batch.heads],
        "strategies": [_strategy(name, batch, pair, anchor, classes) for name, pair in pairs.items()],
    }
    payload["key"] = hashlib.sha256(json.dumps(payload).encode()).hexdigest()[:16]
    return payload


def thumbnails(batch: BatchMechanism) -> FloatArray:
    """(N, C, h, w) the batch, no larger than it is worth drawing."""
    images = batch.images
    if max(images.shape[2:]) > THUMBNAIL:
        images = F.interpolate(images, size=(THUMBNAIL, THUMBNAIL), mode="area")
    return images.numpy()


def picture(image: FloatArray) -> str:
    """An image (C, H, W) as a data URL, in its own size: the browser enlarges it without blur."""
    return pictures.data_url(pictures.crisp(image, 1))


def short(values: Any) -> Any:
    """Numbers with five digits: what a screen can show."""
    return json.loads(json.dumps(np.asarray(values, float).tolist()), parse_float=_five)


def _head(batch: BatchMechanism, index: int, pair: HeadPair) -> dict[str, Any]:
    return {
        "name": say.head_name(index, batch.heads),
        "note": say.head_note(index, batch.heads),
        "told": index != batch.heads[0],  # Attention with the row of the true label comes before it.
        "share": short(batch.planes[index].share),
        "points": short(batch.positions[index]),
        "place": short(pair.place),
        "answer": pair.anchor_class,
        "confidence": short(pair.anchor_confidence),
    }


def _strategy(
    name: str, batch: BatchMechanism, pair: PairMechanism, anchor: int, classes: tuple[str, ...]
) -> dict[str, Any]:
    picks, label, answer = batch.picks[name], int(batch.labels[anchor]), int(batch.predicted[anchor])
    lit = torch.nonzero(picks.candidates[anchor])[:, 0].tolist()
    fallback = bool(picks.fallback[anchor])
    return {
        "title": title_of(name),
        "mark": MARKS.get(name) or title_of(name)[:2],
        "notation": say.notation(name),
        "words": say.condition(name, classes[label], classes[answer]),
        "lit": lit,
        "wanted": say.wanted(name, label, answer),
        "own": name not in PRESETS,
        "pick": pair.index,
        "label": int(batch.labels[pair.index]),
        "fallback": fallback,
        "how": say.how_picked(name, len(lit), fallback, pair.score, classes[label]),
        "frames": [picture(image) for image in pair.images],
        "answers": pair.predicted.tolist(),
        "probability": short(pair.probability),
        "heads": [_pair(pair.heads[index]) for index in batch.heads],
    }


def _pair(pair: HeadPair) -> dict[str, Any]:
    return {
        "answers": pair.classes.tolist(),
        "confidences": short(pair.confidences),
        "similarity": short(pair.similarity),
        "onAnchor": short(pair.on_anchor),
        "onNegative": short(pair.on_negative),
        "places": short(pair.places),
        "features": short(pair.feature_steps),
        "weights": short(pair.weight_steps),
        "lengths": short(pair.weight_lengths),
        "after": short(pair.similarity_after),
    }


def _five(text: str) -> float:
    return float(f"{float(text):.5g}")
