"""A table or a figure of the paper, ready to be written, or why it is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ancra.origin import Origin

SETS = {"digits": "digits", "fashion": "fashion_mnist", "cifar10": "cifar10"}
"""Sets of models by the name that is typed -> the data set."""


@dataclass(frozen=True)
class Item:
    """A table or a figure.

    Attributes:
        name: of its files, such as ``figure3``. title: what it is, such as ``Figure 3``.
        caption: what it shows, as plain text.
        files: file name -> content; none where it is left out.
        origin: where it is from; None where it is left out.
        note: what has to be known of it: taken from another set, or why it is left out.
    """

    name: str
    title: str
    caption: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    origin: Origin | None = None
    note: str = ""
