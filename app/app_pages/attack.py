"""Attack: one image against up to four models, step by step, and why each of them holds or falls."""

from contextlib import suppress

import streamlit as st

from ancra.attacks.settings import AttackSettings
from ancra.errors import AncraError
from ancra.reports.shipped_traces import verdict_attacks
from ancra.text import with_article
from app import compute, state
from app.answers.attacks import Picture
from app.answers.attacks import traces as traces_of
from app.answers.models import like, title_of
from app.components.replay import replay_widget
from app.drawn import drawn
from app.figures.replay import Replayed, replay
from app.guard import guard
from app.parts import story
from app.parts.attack.choose_attack import choose_attack, choose_epsilon, widest_epsilon
from app.parts.attack.choose_image import choose_image
from app.parts.attack.explanations import deeper
from app.parts.attack.guide import guide_sentence, guide_steps, told_by_now
from app.parts.attack.save import save_attack
from app.parts.attack.view import KEY, AttackView, keep_step, resting_step, trace_of
from app.parts.robustness.verdict import verdict_of, verdict_row
from app.words import attack as words

MOST = 4


def stage_style(background: str) -> str:
    """On a phone the pictures come first, and epsilon stands at the bottom of the screen."""
    return f"""<style>
@media (max-width: 640px) {{
    .st-key-stage [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-epsilon) {{
        flex-direction: column-reverse; }}
    .st-key-epsilon {{ position: fixed; inset: auto 0 0 0; z-index: 70; width: auto !important;
        padding: 8px 24px 20px; background: {background}; box-shadow: 0 -2px 8px rgb(0 0 0 / 20%); }}
    [data-testid="stMainBlockContainer"] {{ padding-bottom: 9rem; }}
}}
</style>"""


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


def attack_all(names: list[str], picture: Picture, settings: AttackSettings, target: int | None) -> None:
    """Have all that the page shows at the same time; afterwards each model says for itself what is wrong."""
    wanted = (*verdict_attacks(settings.epsilon), settings)
    aims = (None, None, target)
    with suppress(AncraError):
        traces_of([(name, picture, *each) for name in names for each in zip(wanted, aims, strict=True)], "Attacking")


@st.fragment
@guard()
def results(names: list[str], picture: Picture, settings: AttackSettings, target: int | None, told: bool) -> None:
    """The stored traces, replayed in the browser: a step computes nothing."""
    classes = compute.card(names[0]).classes
    verdicts, traces = {}, {}
    above = st.container()
    for name in names:
        with guard():
            verdicts[name] = verdict_of(name, picture, settings.epsilon)
            traces[name] = trace_of(name, picture, settings, target)
    if not traces:
        return
    with above:
        verdict_row({name: verdicts[name] for name in traces}, told)
    view = AttackView(names, picture, settings, target, traces, resting_step(settings.steps))
    answers = [f"{title_of(name)} says {words.answer(verdicts[name].logits, classes)}" for name in traces]
    intro = f"**Before the attack**: {with_article(classes[picture.label])}. {'; '.join(answers)}."
    shown = [Replayed(view.titles[name], trace, settings) for name, trace in traces.items()]
    with st.container(key="replay_place"):
        replay_widget(
            drawn(replay, shown, intro, classes, picture.label, widest_epsilon(names), state.look()),
            step=view.step,
            on_step=lambda: keep_step(settings.steps),
            key=KEY,
            reveal=st.session_state.get("reveal"),
        )
    save_attack(view)
    deeper(view)


title, steps, choice = st.columns([1, 4, 4], gap="medium", vertical_alignment="bottom")
title.title("Attack", anchor=False)
state.require_models()
st.html(stage_style(state.look().background))
sentence = story.place()
with choice:
    models = choose_models()
with st.container(key="stage"):
    left, right = st.columns([2, 7], gap="medium")
picture = None
with left:
    if models:
        image_slot, attack_slot, more_slot = st.container(key="choices"), st.container(), st.container()
        with attack_slot:
            epsilon = choose_epsilon(models)
        with image_slot, guard():
            picture = choose_image(models[0], epsilon, more_slot)
        if picture is not None:
            with attack_slot:
                chosen, target = choose_attack(compute.card(models[0]).classes, picture.label, epsilon)
current = None
if picture is not None:
    with guard():
        with steps:
            current = guide_steps()
        attack_all(models, picture, chosen, target)
        guide_sentence(sentence, current, models, picture, epsilon)
with right, st.container(key="results"):
    if picture is not None:
        results(models, picture, chosen, target, told=told_by_now(current))
    elif models:
        st.info(
            "Choose an image on the left, or upload one and say what it shows: it is attacked at once.",
            icon=":material/arrow_back:",
        )
st.caption(
    "Change an image so little that you would not call it anything else, and see whether a model still does not. "
    "An attack that fails proves little: it may only be looking in the wrong place."
)
