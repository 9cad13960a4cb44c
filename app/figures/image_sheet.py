"""The classes of a set of images, with the first images of each."""

from collections.abc import Mapping
from html import escape

import numpy as np

from app.figures import pictures
from app.figures.theme import Palette


def image_sheet(
    images: Mapping[str, np.ndarray], train: Mapping[str, int], test: Mapping[str, int], colours: Palette
) -> str:
    """A table as HTML: a class a row, how many images it has, and the first of them.

    Args:
        images: (n, C, H, W) in [0, 1] by class.
        train, test: how many images each class has.
    """
    rows = "".join(
        f'<tr><td style="padding:2px 10px 2px 0;max-width:9rem;overflow-wrap:anywhere">{escape(name)}'
        f'<div style="color:{colours.muted};font-size:.75rem;line-height:1.1">{_count(name, train, test)}</div></td>'
        f'<td style="padding:2px 0;width:100%"><img src="{pictures.sprite(few, len(few))}" alt="{escape(name)}" '
        f'style="height:40px;max-width:100%;object-fit:cover;object-position:left;image-rendering:pixelated;'
        f'border-radius:4px;display:block"></td></tr>'
        for name, few in images.items()
    )
    return f'<table style="border-collapse:collapse;border:none;width:100%">{rows}</table>'


def _count(name: str, train: Mapping[str, int], test: Mapping[str, int]) -> str:
    count = train.get(name, 0)
    return f"{count:,} + {test.get(name, 0):,} test" if test else f"{count:,}"
