"""The classes of a set of images, with the first images of each."""

from collections.abc import Mapping
from html import escape

from ancra.arrays import FloatArray
from ancra.web.palette import Palette
from app.figures import pictures


def image_sheet(
    images: Mapping[str, FloatArray], train: Mapping[str, int], test: Mapping[str, int], colours: Palette
) -> str:
    """A grid as HTML: a class a row, how many images it has, and the first of them.

    Args:
        images: (n, C, H, W) in [0, 1] by class.
        train, test: how many images each class has.
    """
    rows = "".join(
        f'<div style="overflow-wrap:anywhere;line-height:1.15">{escape(name)}'
        f'<div style="color:{colours.muted};font-size:.75rem">{_count(name, train, test)}</div></div>'
        f'<img src="{pictures.sprite(few, len(few))}" alt="{escape(name)}" style="height:40px;max-width:100%;'
        f'object-fit:cover;object-position:left;image-rendering:pixelated;border-radius:4px">'
        for name, few in images.items()
    )
    return (
        f'<div style="display:grid;grid-template-columns:minmax(4.5rem,max-content) minmax(0,1fr);gap:.4rem .8rem;'
        f'align-items:center">{rows}</div>'
    )


def _count(name: str, train: Mapping[str, int], test: Mapping[str, int]) -> str:
    count = train.get(name, 0)
    return f"{count:,} + {test.get(name, 0):,} test" if test else f"{count:,}"
