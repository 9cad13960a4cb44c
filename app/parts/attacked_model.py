"""What an attack does to one model: verdict, pictures, probabilities, the course of the attack."""

import numpy as np
import streamlit as st

from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace
from app import compute, state
from app.answers import attacks
from app.answers.attacks import Picture
from app.figures import pictures, words
from app.figures.course import course
from app.figures.probabilities import probability_bars

SIDE = 168
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
    title = state.title_of(name)
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


def attacked_model(name: str, picture: Picture, settings: AttackSettings, target: int | None, step: int) -> None:
    """One model at one step of the stored trace: pictures, probabilities, the course of the attack."""
    title, colours, classes = state.title_of(name), state.look(), compute.card(name).classes
    st.markdown(f"**{title}**")
    trace = attacks.trace(name, picture, settings, target, f"Attacking {title}")
    show_pictures(trace, settings, step, classes)
    logits, auxiliary = trace.logits[step, 0], trace.auxiliary[step, 0]
    rows = [("p', the final answer", trace.natural_logits[0], logits)]
    if len(auxiliary):
        rows.append(("p, before any attention", trace.natural_auxiliary[0, 0], auxiliary[0]))
    else:
        rows.append(("no reverse attention, so there is no p", None, None))
    st.plotly_chart(
        probability_bars(rows, classes, picture.label, colours),
        key=f"bars_{name}",
        config={"displayModeBar": False},
        alt=f"Class probabilities of {title} before and after the attack",
    )
    st.caption(words.bars_sentence(logits, auxiliary, picture.label, classes))
    st.plotly_chart(
        course(trace.logits[:, 0], trace.auxiliary[:, 0], picture.label, step, colours),
        key=f"course_{name}",
        config={"displayModeBar": False},
        alt=f"Probability of the true class at every step of the attack on {title}",
    )
    st.caption(f"The probability of the true class, {classes[picture.label]}, at every step of the attack.")


def show_pictures(trace: AttackTrace, settings: AttackSettings, step: int, classes: tuple[str, ...]) -> None:
    """The adversarial image beside the perturbation that makes it."""
    image = trace.images[step, 0]
    delta = image - trace.natural[0]
    with st.container(horizontal=True, gap="small"):
        with st.container(width=SIDE, gap="xsmall"):
            st.image(pictures.crisp(image), width=SIDE, alt=f"The image after step {step}")
            st.caption(f"After step {step}: {words.answer(trace.logits[step, 0], classes)}")
        with st.container(width=SIDE, gap="xsmall"):
            drawn = pictures.perturbation(delta, settings.epsilon, state.look())
            st.image(drawn, width=SIDE, alt="The perturbation, magnified")
            tints = "blue darker, orange brighter" if len(delta) == 1 else "grey unchanged"
            st.caption(f"Perturbation x {1 / settings.epsilon:.3g}: {tints}")
    st.caption(f"{words.outcome(trace, classes)} {words.perturbation_sentence(delta, settings.epsilon, settings.norm)}")
