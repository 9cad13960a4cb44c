"""What PGD and the adaptive attack say about one model and one image."""

from dataclasses import dataclass

import streamlit as st

from ancra.arrays import FloatArray
from app.answers import attacks
from app.answers.attacks import Picture
from app.answers.models import title_of
from app.words import attack as words

BADGES = {
    "illusion": ":orange-badge[:material/visibility_off: Illusion]",
    "fooled": ":red-badge[:material/close: Fooled]",
    "held": ":green-badge[:material/check: Withstood]",
    "natural": ":gray-badge[:material/help: Wrong from the start]",
}


@dataclass(frozen=True)
class ImageVerdict:
    """What PGD and the adaptive attack say about one model and one image, whatever attack is looked at.

    Attributes:
        kind, sentence: as ``words.attack.verdict`` gives them. badges: the kind and both outcomes as Markdown.
        logits: (K,) the model's logits for the natural image.
    """

    kind: str
    sentence: str
    badges: str
    logits: FloatArray


def verdict_of(name: str, picture: Picture, epsilon: float) -> ImageVerdict:
    """Attack the image with PGD-40 on p' and with adaptive PGD-40, or take what is stored of it."""
    plain, adaptive = attacks.pair(name, picture, epsilon, f"PGD and the adaptive attack on {title_of(name)}")
    kind, sentence = words.verdict(plain, adaptive, plain.auxiliary.shape[2] > 0)
    marks = [BADGES[kind]]
    if kind != "natural":
        for attack, trace in (("PGD-40 on p'", plain), ("Adaptive PGD-40", adaptive)):
            held = words.broken_at(trace) is None
            marks.append(f":green-badge[{attack}: fails]" if held else f":red-badge[{attack}: succeeds]")
    return ImageVerdict(kind, sentence, " ".join(marks), plain.natural_logits[0])


def verdict_row(verdicts: dict[str, ImageVerdict], told: bool) -> None:
    """One verdict a model, beside each other; behind a press while a story has not come to it yet.

    Args:
        verdicts: by checkpoint. told: whether they may be seen at once.
    """
    if not told and not st.toggle(
        "Show the verdicts", key="verdicts", bind="query-params", help="They tell how this story ends."
    ):
        return
    with st.grid(len(verdicts), min_column_width=190, gap="medium"):
        for verdict in verdicts.values():
            with st.container():
                st.markdown(verdict.badges)
                st.caption(verdict.sentence)
