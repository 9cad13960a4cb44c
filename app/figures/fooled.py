"""What Home's widget plays: a demonstration, made ready for the browser."""

import base64
from typing import Any

import numpy as np

from ancra.arrays import Array
from ancra.reports.demonstration import Demonstration
from app.figures import pictures

TITLES = ("A usual network", "A network trained against such changes")


def fooled(shown: Demonstration, classes: tuple[str, ...], widest: float, dark: bool, key: str) -> dict[str, Any]:
    """A JSON-able table.

    Args:
        classes: their names.
        widest: the change of a pixel that gets the full colour, in [0, 1] pixel values.
        key: names the content, so that the widget is built again only when that changes.
    """
    channels, height, width = shown.natural.shape[1:]
    return {
        "key": f"{key} {dark}",
        "dark": dark,
        "width": width,
        "height": height,
        "channels": channels,
        "classes": list(classes),
        "labels": shown.labels.tolist(),
        "steps": shown.images.shape[1] - 1,
        "change": pictures.scales(widest, shown.epsilon, grey=channels == 1),
        "natural": _packed(shown.natural),
        "models": [
            {"title": title, "images": _packed(images), "chances": _packed(chances.astype(np.float32))}
            for title, images, chances in zip(TITLES, shown.images, shown.chances, strict=True)
        ],
    }


def _packed(values: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
