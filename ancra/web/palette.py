"""The colours that figures, widgets and exported pages share, by their meaning."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Palette:
    """Colours by meaning, distinguishable with colour-blindness.

    Attributes:
        dark: whether they are for the dark theme.
        text, muted, grid, background: of the page.
        final: the final logits p'.
        auxiliary: the auxiliary logits p.
        natural, adversarial: before and after an attack.
        good, bad: right and wrong.
        least_type: pixels of the smallest type in figures.
        classes: ten colours (Petroff 2021, "Accessible color sequences for data visualization"); the dark theme's are
            lightened.
    """

    dark: bool
    text: str
    muted: str
    grid: str
    background: str
    final: str
    auxiliary: str
    natural: str
    adversarial: str
    good: str
    bad: str
    classes: tuple[str, ...]
    least_type: int = 12

    def class_colour(self, label: int) -> str:
        """The colour of a class; beyond ten they repeat."""
        return self.classes[label % len(self.classes)]


@cache
def palette(dark: bool = False) -> Palette:
    """The colours for the light or the dark theme."""
    colours = json.loads((Path(__file__).parent / "shared" / "palette.json").read_text(encoding="utf-8"))
    of_theme = colours["dark" if dark else "light"]
    return Palette(dark=dark, **{**of_theme, "classes": tuple(of_theme["classes"])})
