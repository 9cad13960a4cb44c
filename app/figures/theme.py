"""The colours that all figures share: distinguishable with colour-blindness, in the light and in the dark theme."""

from dataclasses import dataclass

import plotly.graph_objects as go

# Petroff (2021), "Accessible color sequences for data visualization", ten colours; the dark theme's are lightened.
_CLASSES_LIGHT = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#6cc5c9",
)  # fmt: skip
_CLASSES_DARK = (
    "#5aa9f0", "#ffb733", "#e8503a", "#a9b8b6", "#b477e0", "#c98e7d", "#ff8330", "#cfc38a", "#8b90a0", "#92dadd",
)  # fmt: skip


@dataclass(frozen=True)
class Palette:
    """Colours by meaning.

    Attributes:
        dark: whether they are for the dark theme.
        text, muted, grid, background: of the page.
        final: the final logits p'.
        auxiliary: the auxiliary logits p.
        natural, adversarial: before and after an attack.
        good, bad: right and wrong.
        classes: one colour a class; beyond ten they repeat.
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

    def class_colour(self, label: int) -> str:
        """The colour of a class."""
        return self.classes[label % len(self.classes)]


def palette(dark: bool = False) -> Palette:
    """The colours for the light or the dark theme."""
    if dark:
        return Palette(
            True, "#EEF1F8", "#A0AABF", "#2B3448", "#10141F",
            final="#4DA8E0", auxiliary="#E090C8", natural="#7F8AA3", adversarial="#F58A3C",
            good="#3FBF83", bad="#FF7A59", classes=_CLASSES_DARK,
        )  # fmt: skip
    return Palette(
        False, "#131A2B", "#5B6579", "#E3E8F2", "#FFFFFF",
        final="#0072B2", auxiliary="#B3559A", natural="#8792A8", adversarial="#D55E00",
        good="#1A7F4B", bad="#C4320A", classes=_CLASSES_LIGHT,
    )  # fmt: skip


def layout(figure: go.Figure, colours: Palette, height: int, **changes: object) -> go.Figure:
    """Give a figure the app's look: transparent, tight margins, quiet grid, legend above. Returns the same figure."""
    axis = {"gridcolor": colours.grid, "zeroline": False, "linecolor": colours.grid, "automargin": True}
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": colours.text, "size": 14},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 13}},
        hoverlabel={"font": {"size": 13}},
    )
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_layout(**changes)
    return figure
