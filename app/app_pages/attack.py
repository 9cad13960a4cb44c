"""Attack: one image against up to four models, step by step, and why each of them holds or falls."""

import streamlit as st

from ancra.attacks.settings import AttackSettings
from app import compute, state
from app.answers.attacks import Picture
from app.answers.models import like, title_of
from app.components.replay import replay_widget
from app.figures.replay import Replayed, replay
from app.guard import guard
from app.parts.attack.choose_attack import choose_attack, choose_epsilon
from app.parts.attack.choose_image import choose_image
from app.parts.attack.explanations import deeper
from app.parts.attack.guide import guide_sentence, guide_steps
from app.parts.attack.save import save_attack
from app.parts.attack.view import KEY, AttackView, keep_step, resting_step, trace_of
from app.parts.robustness.verdict import verdict_card
from app.words import attack as words

MOST = 4


def choose_models() -> list[str]:
    """One to four models for the same images; others are left out, and the page says so."""
    names = state.choose_models("Models", "attacked", state.opening().models, MOST, help="Up to four, side by side.")
    if not names:
        st.info("Choose at least one model.", icon=":material/arrow_upward:")
        return []
    fitting = like(names[0])
    for name in names:
        if name not in fitting:
            st.caption(f"{title_of(name)} knows other images or classes than {title_of(names[0])}: it is left out.")
    return [name for name in names if name in fitting]


@st.fragment
@guard()
def results(names: list[str], picture: Picture, settings: AttackSettings, target: int | None) -> None:
    """The stored traces, replayed in the browser: a step computes nothing."""
    classes = compute.card(names[0]).classes
    answers, traces = [], {}
    with st.grid(len(names), min_column_width=190, gap="medium"):
        for name in names:
            with st.container(height="stretch"), guard():
                before = verdict_card(name, picture, settings.epsilon)
                answers.append(f"{title_of(name)} says {words.answer(before, classes)}")
                traces[name] = trace_of(name, picture, settings, target)
    if not traces:
        return
    view = AttackView(names, picture, settings, target, traces, resting_step(settings.steps))
    intro = f"**Before the attack**: a {classes[picture.label]}. {'; '.join(answers)}."
    shown = [Replayed(view.titles[name], trace, settings) for name, trace in traces.items()]
    with st.container(key="replay_place"):
        replay_widget(
            replay(shown, intro, classes, picture.label, state.look()),
            step=view.step,
            on_step=lambda: keep_step(settings.steps),
            key=KEY,
            reveal=st.session_state.get("reveal"),
        )
    save_attack(view)
    deeper(view)


st.title("Attack")
st.markdown(
    "Change an image so little that you would not call it anything else, and see whether a model still does not. "
    "An attack that fails proves little: it may only be looking in the wrong place."
)
state.require_models()
steps, choice = st.columns(2, gap="medium", vertical_alignment="bottom")
sentence = st.container()
with choice:
    models = choose_models()
left, right = st.columns([1, 3], gap="large")
picture = None
with left:
    if models:
        image_slot, attack_slot = st.container(), st.container()
        with attack_slot:
            epsilon = choose_epsilon(models)
        with image_slot, guard():
            picture = choose_image(models[0], epsilon)
        if picture is not None:
            with attack_slot:
                chosen, target = choose_attack(compute.card(models[0]).classes, picture.label, epsilon)
if picture is not None:
    with guard():
        with steps:
            current = guide_steps()
        with sentence:
            guide_sentence(current, models, picture, epsilon)
with right:
    if picture is not None:
        results(models, picture, chosen, target)
    elif models:
        st.info("Upload an image on the left, and it is attacked at once.", icon=":material/upload:")
