"""Attack: one image against two models, step by step."""

import streamlit as st

from ancra.attacks.settings import AttackSettings
from app import compute, state
from app.answers.attacks import Picture
from app.figures import pictures, words
from app.guard import guard
from app.parts.attacked_model import SIDE, attacked_model, verdict_card
from app.parts.choose_attack import choose_attack, choose_epsilon
from app.parts.choose_image import choose_image


@st.fragment
@guard()
def results(names: list[str], picture: Picture, settings: AttackSettings, target: int | None) -> None:
    """The stored traces, replayed by a slider: moving it computes nothing."""
    classes = compute.card(names[0]).classes
    answers = []
    for column, name in zip(st.columns(len(names), gap="large"), names, strict=True):
        with column, guard():
            before = verdict_card(name, picture, settings.epsilon)
            answers.append(f"{state.title_of(name)} says {words.answer(before, classes)}")
    if st.session_state.get("step", 0) > settings.steps:
        st.session_state["step"] = settings.steps
    natural, replay = st.columns([1, 4], gap="medium", vertical_alignment="center")
    with natural:
        st.image(pictures.crisp(picture.image[0].numpy()), width=SIDE, alt="The natural image")
    with replay:
        st.markdown(f"**Before the attack**: a {classes[picture.label]}. {'; '.join(answers)}.")
        step = st.slider("Step of the attack", 0, settings.steps, settings.steps, key="step", bind="query-params")
        start = "a random point within epsilon" if settings.start != "none" else "the natural image"
        st.caption(f"Step 0 is {start}. Drag to replay the attack; nothing is computed again.")
    for column, name in zip(st.columns(len(names), gap="large"), names, strict=True):
        with column, guard():
            attacked_model(name, picture, settings, target, step)


st.title("Attack")
st.markdown(
    "Change an image so little that you would not call it anything else, and see whether a model still does not. "
    "An attack that fails proves little: it may only be looking in the wrong place."
)
state.require_models()
left, right = st.columns([1, 3], gap="large")
with left:
    first = state.choose_model("First model", "a", "natural-ra")
    second = state.choose_model("Second model", "b", "pgd-at", alike=first)
    models = list(dict.fromkeys([first, second]))
    image_slot, attack_slot, picture = st.container(), st.container(), None
    with attack_slot:
        epsilon = choose_epsilon(models)
    with image_slot, guard():
        picture = choose_image(first, epsilon)
    if picture is not None:
        with attack_slot:
            chosen, target = choose_attack(compute.card(first).classes, picture.label, epsilon)
with right:
    if picture is None:
        st.info("Upload an image on the left, and it is attacked at once.", icon=":material/upload:")
    else:
        results(models, picture, chosen, target)
