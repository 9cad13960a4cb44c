"""What a browser needs to attack live: images, networks, the maps that a point walks on, and the attacker's choices."""

import base64
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ancra.arrays import Array, PixelArray
from ancra.checkpoints import Card
from ancra.data.dataset import Dataset
from ancra.data.examples import examples_for
from ancra.data.images import read_image
from ancra.data.titles import dataset_title
from ancra.errors import AncraError
from ancra.losses.settings import ContrastSettings
from ancra.maps.inputs import Mapped
from ancra.maps.model_map import ModelMap
from ancra.maps.projection import typical_distance
from ancra.web.assemble import script

IMAGES = 64
"""Test images that a stage offers."""
USUAL = 8 / 255
REACH = 3
"""The slider of epsilon ends at so many times what the networks were trained against."""
STEPS = 100
"""Places of that slider."""
OF_L2 = 0.3
"""An epsilon in L2 that changes an image about as much as one in Linf is so many sqrt(pixels) times as large."""


@dataclass(frozen=True)
class OnStage:
    """One network of a stage.

    Attributes:
        title: its name for people. card: what it is. href: where its file is fetched, as the browser sees it.
        found: its stored map and the features that this was laid out from, or None.
    """

    title: str
    card: Card
    href: str
    found: tuple[ModelMap, Mapped] | None = None


def stage(networks: Sequence[OnStage], images: PixelArray, labels: Sequence[int], dark: bool = False) -> dict[str, Any]:
    """All that the widget ``live`` shows, as a JSON-able table.

    Args:
        networks: one or more of the same images and classes.
        images: (N, C, H, W), what one may attack, the first of them at once. labels: their N classes.
        dark: the colours of the dark theme.
    """
    content = {
        **subject([each.card for each in networks]),
        "dark": dark,
        "images": packed(images),
        "labels": [int(label) for label in labels],
        "networks": listing(networks),
    }
    key = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
    return {**content, "key": key, "maps": maps_of(networks), "worker": worker()}


def subject(cards: Sequence[Card]) -> dict[str, Any]:
    """What is attacked: classes and shape of the images, how far the slider of epsilon goes, and where alpha starts."""
    card = cards[0]
    trained = [each.recipe.attack.epsilon for each in cards if each.recipe]
    start = max(trained, default=0) or USUAL
    contrasts = [each.recipe.objective.contrast for each in cards if each.recipe]
    shares = [contrast.alpha for contrast in contrasts if contrast]
    greys = card.image_shape[0] == 3
    step = 0.5 / 255 if greys else REACH * start / STEPS
    return {
        "classes": list(card.classes),
        "shape": list(card.image_shape),
        "alpha": next(iter(shares), ContrastSettings().alpha),
        "epsilon": {
            "start": start,
            "most": min(1.0, REACH * start),
            "step": step,
            "greys": greys,
            "l2": OF_L2 * math.sqrt(math.prod(card.image_shape)),
        },
    }


def listing(networks: Sequence[OnStage]) -> list[dict[str, str]]:
    """The networks as the browser fetches them."""
    return [{"title": each.title, "digest": each.card.digest, "href": each.href} for each in networks]


def inline(content: bytes) -> str:
    """A network's file as an address that holds it: nothing is fetched from anywhere."""
    return f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"


def images_of(card: Card, dataset: Dataset | None, first: int = 0) -> tuple[PixelArray, list[int]]:
    """Images to attack (N, C, H, W) and their classes: test images, the chosen one in front.

    Args:
        dataset: of the networks; without one the photographs that come with the project are taken.

    Raises:
        AncraError: no image fits.
    """
    if dataset is not None:
        first = min(first, len(dataset.test) - 1)
        rows = [first, *(row for row in range(min(IMAGES, len(dataset.test))) if row != first)][:IMAGES]
        images, labels = dataset.test.batch(torch.tensor(rows))
        return (images * 255).round().to(torch.uint8).numpy(), labels.tolist()
    channels, height, width = card.image_shape
    examples = examples_for(card.classes, card.image_shape)
    if not examples:
        raise AncraError(
            f"The images of {dataset_title(card.data.images)} are not on this machine, "
            "and no other picture fits its models."
        )
    pixels = [
        read_image(each.file.read_bytes(), channels, (height, width), each.title, each.zoom, each.centre)
        for each in examples
    ]
    return torch.stack(pixels).numpy(), [card.classes.index(e.shows) for e in examples]


def maps_of(networks: Sequence[OnStage]) -> dict[str, Mapping[str, Any]]:
    """The maps of the networks that have one, by the digests of their weights."""
    return {each.card.digest: walked(*each.found) for each in networks if each.found is not None}


def walked(shown: ModelMap, mapped: Mapped) -> dict[str, Any]:
    """A map and the features it was laid out from: what places an image of its nearest neighbours there."""
    settings = mapped.settings
    repeated = 2 if shown.attacked else 1
    return {
        "positions": packed(shown.positions[:, :2].astype(np.float32)),
        "features": packed(mapped.points.astype(np.float16)),
        "width": mapped.points.shape[1],
        "labels": packed(np.tile(shown.labels, repeated).astype(np.int32)),
        "metric": settings.layout.metric,
        "typical": typical_distance(mapped.points, settings.layout.metric),
        "which": settings.features.features,
        "block": settings.features.block,
        "caption": f"Where its features put the image, among {shown.count} others.",
    }


def worker() -> str:
    """The script of the worker that computes, as text: a page starts it from a blob, so that one file is enough."""
    return script("attacker", "worker")


def packed(array: Array) -> dict[str, str]:
    """An array as ``ancra/web/shared/codec.js`` reads it."""
    kinds = {"uint8": "u8", "float16": "f16", "int32": "i32", "float32": "f32"}
    return {"dtype": kinds[array.dtype.name], "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()}
