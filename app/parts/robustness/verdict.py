"""What PGD and the adaptive attack say about one model and one image."""

import numpy as np
import streamlit as st

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


def verdict_card(name: str, picture: Picture, epsilon: float) -> np.ndarray:
    """What PGD and the adaptive attack say about this image, whatever attack is looked at below.

    Returns:
        (K,) the model's logits for the natural image.
    """
    title = title_of(name)
    plain, adaptive = attacks.pair(name, picture, epsilon, f"PGD and the adaptive attack on {title}")
    kind, sentence = words.verdict(plain, adaptive, plain.auxiliary.shape[2] > 0)
    marks = [BADGES[kind]]
    if kind != "natural":
        for attack, trace in (("PGD-40 on p'", plain), ("Adaptive PGD-40", adaptive)):
            held = words.broken_at(trace) is None
            marks.append(f":green-badge[{attack}: fails]" if held else f":red-badge[{attack}: succeeds]")
    with st.container(border=True, height="stretch"):
        st.subheader(title, anchor=False)
        st.markdown(" ".join(marks))
        st.markdown(sentence)
    return plain.natural_logits[0]
